// What keeps a test from hanging when a wrong answer waits for ever? Somebody who watches the time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stop_token>
#include <thread>

namespace lab {

/// Ends the test program, unless it is destroyed within `limit`: doctest then reports that its test
/// case crashed. For a test of code that may be wrong in any way. What it waits for itself needs
/// `kPatience`, which lets the other tests go on.
class Watchdog {
 public:
  explicit Watchdog(std::chrono::seconds limit = std::chrono::seconds(10))
      : thread_([this, limit](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          changed_.wait_for(lock, stop, limit, [] { return false; });
          if (stop.stop_requested()) return;
          std::fputs("the test does not end: something waits, or spins, for ever\n", stderr);
          std::abort();
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;  // declared last, destroyed first: it uses the others
};

}  // namespace lab
