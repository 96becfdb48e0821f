// How does a task wait for a time? With a timer, which wakes it.
//
// Durations may be of any kind. One that the clock cannot express is for ever, or over at once:
// see common/clock.hpp.
#pragma once

#include <cassert>
#include <chrono>

#include "runtime/future/future.hpp"
#include "runtime/time/timers.hpp"

namespace runtime {

/// The runtime's time: that of common::Clock, unless its clock is virtual. Outside of a runtime,
/// common::Clock's.
Clock::time_point now();

/// Ready at `deadline`, or as soon after it as the executor has time. Belongs to the runtime that
/// polled it, until that ends or it is ready.
class [[nodiscard]] Sleep {
 public:
  using Output = void;

  explicit Sleep(Clock::time_point deadline) : deadline_(deadline) {}
  /// REQUIRES: it does not wait yet.
  Sleep(Sleep&& other) noexcept : deadline_(other.deadline_) { assert(!other.timer_.waits()); }

  /// Throws std::logic_error outside of a runtime, and `WrongRuntime`.
  Poll<void> poll(Context& context);
  /// The same, but it costs nothing of the budget.
  bool is_over(Context& context);

  [[nodiscard]] Clock::time_point deadline() const { return deadline_; }
  /// As if it was new.
  void reset(Clock::time_point deadline) {
    timer_.cancel();
    deadline_ = deadline;
  }

 private:
  Clock::time_point deadline_;
  Timer timer_;
};

inline Sleep sleep_until(Clock::time_point deadline) {
  return Sleep(deadline);
}
/// `co_await sleep(250ms);` counts from this call, not from the `co_await`.
template <class Rep, class Period>
Sleep sleep(std::chrono::duration<Rep, Period> duration) {
  return Sleep(common::time_after(now(), duration));
}

}  // namespace runtime
