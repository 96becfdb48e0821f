// What keeps a test from hanging when a wrong answer waits for ever? Somebody who watches it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <thread>

namespace lab {

/// Ends the test program when it has done nothing for ten seconds, or has taken ten seconds of CPU
/// time, unless it is destroyed before: doctest then reports that its test case crashed. For a test
/// of code that may be wrong in any way. On a busy machine a right one may take long, but does
/// something all the time. What it waits for itself needs `kPatience`, which lets the other tests
/// go on.
class Watchdog {
 public:
  explicit Watchdog(std::chrono::seconds limit = std::chrono::seconds(10))
      : thread_([this, limit] { watch(limit); }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  Watchdog(Watchdog&&) = delete;

 private:
  using Duration = std::chrono::nanoseconds;

  /// What all threads have used.
  static Duration cpu_time() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
  }

  void watch(std::chrono::seconds limit) {
    constexpr std::chrono::seconds kLook(1);
    constexpr std::chrono::milliseconds kNothing(5);  // more than this thread takes for a look
    const Duration begin = cpu_time();
    Duration before = begin;
    std::unique_lock lock(mutex_);
    for (std::chrono::seconds idle(0); idle < limit && before - begin < limit;) {
      if (changed_.wait_for(lock, kLook, [this] { return ended_; })) return;
      const Duration now = cpu_time();
      idle = now - before < kNothing ? idle + kLook : std::chrono::seconds(0);
      before = now;
    }
    std::fputs("the test does not end: something waits, or spins, for ever\n", stderr);
    std::abort();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;  // declared last: it uses the others from its beginning
};

}  // namespace lab
