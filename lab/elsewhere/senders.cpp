// What is a sender, beside a future? One that works on a thread of its own, in the shape of C++26's
// std::execution, without the library: and the bridge over which a task awaits it.
//
// A future is asked again and again until it has the result. A sender is connected to a receiver,
// started, and calls it: once, from wherever it is, with a value or because it was stopped.
//
//   build/lab/senders

#include <atomic>
#include <chrono>
#include <cstdio>
#include <future>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "lab/support/thread.hpp"
#include "runtime/runtime.hpp"

namespace {

using namespace std::chrono_literals;

/// A sender: 42, after `pauses` pauses of 500 ms. Between two pauses, and only there, it looks
/// whether it should stop: as one that has given its buffer to the kernel.
class Later {
 public:
  /// What is left between start and end. It stays where it is, and lives until it has called.
  template <class Receiver>
  class Operation {
   public:
    Operation(int pauses, Receiver receiver) : pauses_(pauses), receiver_(receiver) {}
    Operation(Operation&&) = delete;

    void start() {
      thread_ = lab::Thread([this] {
        for (int i = 0; i < pauses_; ++i) {
          std::this_thread::sleep_for(500ms);
          if (receiver_.stop_requested()) return receiver_.set_stopped();
        }
        receiver_.set_value(42);
      });
    }

   private:
    const int pauses_;
    Receiver receiver_;
    lab::Thread thread_;
  };

  explicit Later(int pauses) : pauses_(pauses) {}

  template <class Receiver>
  Operation<Receiver> connect(Receiver receiver) {
    return {pauses_, receiver};
  }

 private:
  int pauses_;
};

/// The bridge: a future that starts a sender when it is first polled. Its result is empty if the
/// sender was stopped.
template <class Sender>
class AsFuture {
 public:
  using Output = std::optional<int>;

  explicit AsFuture(Sender sender) : sender_(std::move(sender)) {}
  /// REQUIRES: not yet polled, as for any future.
  AsFuture(AsFuture&& other) noexcept : sender_(std::move(other.sender_)) {}

  runtime::Poll<Output> poll(runtime::Context& context) {
    static_cast<void>(waker_.store(context));
    if (!started_) started_.emplace(sender_, Receiver{this});
    if (!over_) return runtime::pending;
    return value_;
  }

  ~AsFuture() {
    if (!started_) return;
    stop_ = true;
    over_.wait(false);  // until then the operation has our address
  }

 private:
  struct Receiver {
    void set_value(int value) const {
      future->value_ = value;
      set_stopped();
    }
    void set_stopped() const {
      future->over_ = true;
      future->over_.notify_one();
      future->waker_.take_and_wake();
    }
    [[nodiscard]] bool stop_requested() const { return future->stop_; }

    AsFuture* future;
  };

  struct Started {
    Started(Sender& sender, Receiver receiver) : operation(sender.connect(receiver)) {
      operation.start();
    }
    std::invoke_result_t<decltype(&Sender::template connect<Receiver>), Sender, Receiver> operation;
  };

  Sender sender_;
  std::atomic<bool> stop_ = false;
  std::optional<int> value_;
  std::atomic<bool> over_ = false;
  runtime::AtomicWaker waker_;
  std::optional<Started> started_;  // declared last: its thread ends before the others are gone
};

/// As `future`, and counts how often it is asked.
template <class F>
auto counted(F future, int& polls) {
  return runtime::poll_fn([future = std::move(future), &polls](runtime::Context& context) mutable {
    ++polls;
    return future.poll(context);
  });
}

/// Without a runtime: a receiver that keeps a promise.
void pushed() {
  struct Receiver {
    void set_value(int value) const { result->set_value({value, std::this_thread::get_id()}); }
    static void set_stopped() {}
    static bool stop_requested() { return false; }
    std::promise<std::pair<int, std::thread::id>>* result;
  };
  std::promise<std::pair<int, std::thread::id>> result;
  Later sender(1);
  auto operation = sender.connect(Receiver{&result});
  operation.start();
  const auto [value, thread] = result.get_future().get();
  std::printf("pushed: %d came on %s thread\n", value,
              thread == std::this_thread::get_id() ? "this" : "the sender's");
}

void pulled() {
  int polls = 0;
  const auto value = runtime::block_on(counted(AsFuture(Later(1)), polls));
  std::printf("pulled: %d came on this thread, after %d polls\n", value.value_or(0), polls);
}

/// How long past its 100 ms does a timeout take?
template <class F>
void cancelled(const char* what, F future) {
  const auto start = common::Clock::now();
  runtime::block_on(runtime::timeout(100ms, std::move(future)));
  const auto late =
      std::chrono::duration_cast<std::chrono::milliseconds>(common::Clock::now() - start - 100ms);
  std::printf("cancelled: %s ", what);
  if (late < 250ms) {
    std::printf("is destroyed, and that is all\n");
  } else {
    std::printf("is asked to stop, and answers %lld ms later\n",
                static_cast<long long>(late.count()));
  }
}

}  // namespace

int main(int argc, char** argv) {
  common::CommandLine cli(
      "Runs the same small sender twice: it calls its receiver, and a task awaits it. And cancels "
      "it,\nbeside a future.",
      "build/lab/senders");
  return cli.run(argc, argv, [] {
    pushed();
    pulled();
    cancelled("a future", runtime::sleep(2s));
    cancelled("a sender", AsFuture(Later(4)));
    return 0;
  });
}
