// How does a task do something every so often, without drifting? With times that are planned ahead.
#pragma once

#include "runtime/time/sleep.hpp"

namespace runtime {

/// Ticks at its start and every `period` after that. Ticks do not drift: each time is the one
/// planned before plus the period. If a task is late, it gets the ticks that it missed at once, one
/// after another.
///
///     Interval every(1s);
///     for (;;) {
///       co_await every.tick();
///       beat();
///     }
class Interval {
 public:
  /// REQUIRES: `period` is longer than zero.
  explicit Interval(Duration period) : period_(period), next_(now()) {}

  /// Ready at the next tick. A tick counts when this is called, not when it is awaited.
  Sleep tick() {
    const Clock::time_point deadline = next_;
    // A time that the clock cannot express is never.
    const bool never = period_ > Clock::time_point::max() - deadline;
    next_ = never ? Clock::time_point::max() : deadline + period_;
    return Sleep(deadline);
  }

 private:
  const Duration period_;
  Clock::time_point next_;
};

/// The same as a function: `Interval every = interval(1s);`
inline Interval interval(Duration period) {
  return Interval(period);
}

}  // namespace runtime
