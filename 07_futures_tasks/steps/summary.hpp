// What did a step cost? It counts polls, and prints one line when it ends.
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>

#include "common/clock.hpp"
#include "common/error.hpp"

/// Counts polls of futures or tasks from its construction on.
class Summary {
 public:
  void polled() { ++polls_; }

  /// Prints "polls=20 wall=1.001s cpu=0.001s" to standard error.
  void print() const {
    rusage usage{};
    common::check(::getrusage(RUSAGE_SELF, &usage), "getrusage");
    const std::chrono::duration<double> wall = common::Clock::now() - start_;
    std::fprintf(stderr, "polls=%llu wall=%.3fs cpu=%.3fs\n",
                 static_cast<unsigned long long>(polls_), wall.count(),
                 seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }

 private:
  static double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  }

  const common::Clock::time_point start_ = common::Clock::now();
  std::uint64_t polls_ = 0;
};
