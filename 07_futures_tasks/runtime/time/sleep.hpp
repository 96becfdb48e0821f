// How does a task wait for a time? With a timer, which wakes it: once, as the end of its patience
// with something else, or every so often.
#pragma once

#include <cassert>
#include <optional>
#include <type_traits>
#include <utility>

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

/// A future with a deadline: its result, or nothing when the time is over.
template <FutureOrRef F>
class [[nodiscard]] Timeout {
  using Inner = OutputOf<F>;
  static constexpr bool kVoid = std::is_void_v<Inner>;

 public:
  /// std::optional of the future's result; for a future of void, whether it was in time.
  using Output = std::conditional_t<kVoid, bool, std::optional<Stored<Inner>>>;

  Timeout(F&& future, Sleep sleep) : future_(std::forward<F>(future)), sleep_(std::move(sleep)) {}

  /// Asks the future first: who is ready in the last moment is in time.
  Poll<Output> poll(Context& context) {
    auto result = future_.poll(context);
    if (result.is_ready()) {
      if constexpr (kVoid) {
        return true;
      } else {
        return Output(std::move(result).stored());
      }
    }
    if (sleep_.poll(context).is_ready()) return Output();
    return pending;
  }

 private:
  F future_;
  Sleep sleep_;
};

/// `const auto line = co_await timeout(1s, read_line());` holds the result, or std::nullopt after a
/// second. The future is destroyed with the Timeout, and so cancelled, at the end of the statement.
/// Passed as an lvalue it is left alone, and may be awaited again.
template <FutureOrRef F>
Timeout<F> timeout(Duration limit, F&& future) {
  return Timeout<F>(std::forward<F>(future), sleep(limit));
}

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
