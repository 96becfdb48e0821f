// How does a task wait for a time? With a timer, which wakes it.
#pragma once

#include <cassert>

#include "runtime/future/future.hpp"
#include "runtime/time/timers.hpp"

namespace runtime {

/// The runtime's time: that of common::Clock, unless its clock is virtual. Outside of a runtime,
/// common::Clock's.
Clock::time_point now();

/// Ready at `deadline`, or as soon after it as the executor has time.
class [[nodiscard]] Sleep {
 public:
  using Output = void;

  explicit Sleep(Clock::time_point deadline) : deadline_(deadline) {}
  /// REQUIRES: not polled yet.
  Sleep(Sleep&& other) noexcept : deadline_(other.deadline_) { assert(!other.timer_.is_set()); }

  /// Throws std::logic_error outside of a runtime.
  Poll<void> poll(Context& context);

  [[nodiscard]] Clock::time_point deadline() const { return deadline_; }

 private:
  Clock::time_point deadline_;
  Timer timer_;
};

/// `co_await sleep(250ms);` counts from this call, not from the `co_await`.
Sleep sleep(Duration duration);
Sleep sleep_until(Clock::time_point deadline);

}  // namespace runtime
