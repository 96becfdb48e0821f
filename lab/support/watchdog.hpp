// What keeps a test from hanging when a wrong answer waits for ever? Somebody who watches the time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace lab {

/// Ends the test program, unless it is destroyed within `limit`: doctest then reports that its test
/// case crashed. For a test of code that may be wrong in any way. What it waits for itself needs
/// `kPatience`, which lets the other tests go on.
class Watchdog {
 public:
  explicit Watchdog(std::chrono::seconds limit = std::chrono::seconds(10))
      : thread_([this, limit] {
          std::unique_lock lock(mutex_);
          if (changed_.wait_for(lock, limit, [this] { return ended_; })) return;
          std::fputs("the test does not end: something waits, or spins, for ever\n", stderr);
          std::abort();
        }) {}
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
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;  // declared last: it uses the others from its beginning
};

}  // namespace lab
