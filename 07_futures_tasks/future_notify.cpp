// 07, futures and tasks: a future that is polled because somebody calls its waker, and else never.
//
// It counts its polls, and keeps its waker where a thread finds it. The thread, which knows nothing
// of tasks, calls it three times. No descriptor, no timer, no channel: that is all that a wake is.
//
//   build/07_futures_tasks/future_notify    three seconds: four polls, three of them for a wake

#include <chrono>
#include <cinttypes>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <thread>
#include <utility>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "runtime/runtime.hpp"
#include "runtime_flags.hpp"

namespace {

/// Where the future leaves its waker, for the thread.
class Mailbox {
 public:
  void put(runtime::Waker waker) {
    {
      const std::lock_guard lock(mutex_);
      std::swap(waker_, waker);
    }
    changed_.notify_one();
  }

  /// Waits until there is one.
  runtime::Waker take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return static_cast<bool>(waker_); });
    return std::exchange(waker_, runtime::Waker());
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  runtime::Waker waker_;
};

/// Pending until it was woken so many times.
class CountsPolls {
 public:
  using Output = void;

  CountsPolls(Mailbox& mailbox, std::uint64_t wakes) : mailbox_(mailbox), wakes_(wakes) {}

  runtime::Poll<void> poll(runtime::Context& context) {
    const bool ready = polls_ == wakes_;
    std::printf("poll %" PRIu64 ": %s\n", ++polls_, ready ? "ready" : "pending");
    if (ready) return runtime::done;
    mailbox_.put(context.waker());  // leave this out, and `block_on` sees that nobody could wake it
    return runtime::pending;
  }

 private:
  Mailbox& mailbox_;
  const std::uint64_t wakes_;
  std::uint64_t polls_ = 0;
};

void wake_by_hand(Mailbox& mailbox, common::Duration delay, std::uint64_t wakes) {
  for (std::uint64_t i = 1; i <= wakes; ++i) {
    const runtime::Waker waker = mailbox.take();
    std::this_thread::sleep_for(delay);
    std::printf("wake %" PRIu64 "\n", i);
    waker.wake();
  }
}

}  // namespace

int main(int argc, char** argv) {
  common::Duration delay = std::chrono::seconds(1);
  std::uint64_t wakes = 3;
  runtime::Options runtime_options;
  common::CommandLine cli("A future is polled because a thread calls its waker, and else never.",
                          "build/07_futures_tasks/connect");
  cli.add_delay(delay, "time between a poll and its wake");
  cli.add_count("--wakes", "how many wakes it waits for", wakes, 0);
  add_runtime_flags(cli, runtime_options);
  return cli.run(argc, argv, [&] {
    Mailbox mailbox;
    std::thread thread([&] { wake_by_hand(mailbox, delay, wakes); });
    runtime::block_on(CountsPolls(mailbox, wakes), runtime_options);
    thread.join();
    return 0;
  });
}
