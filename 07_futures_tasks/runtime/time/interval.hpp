// How does a task do something every so often? It awaits an interval's ticks.
#pragma once

#include <chrono>
#include <stdexcept>
#include <utility>

#include "runtime/future/context.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/future/small_futures.hpp"
#include "runtime/time/sleep.hpp"

namespace runtime {

/// What an Interval does for a task that is late by a whole period or more. As Tokio's
/// `MissedTickBehavior`.
enum class MissedTick {
  burst,  ///< the ticks that it missed come at once, one after another: their number is right
  delay,  ///< the next one comes a period from now, and those after it keep that distance
  skip    ///< they are left out; the next one comes when it was planned to
};

/// Ticks at its start and every `period` after that. Ticks do not drift: each time is the one
/// planned before plus the period.
///
///     Interval every(1s);
///     for (;;) {
///       co_await every.tick();
///       beat();
///     }
class Interval {
 public:
  /// Throws std::invalid_argument unless `period` is longer than zero.
  template <class Rep, class Period>
  explicit Interval(std::chrono::duration<Rep, Period> period,
                    MissedTick missed = MissedTick::burst)
      : period_(common::saturated(period)), missed_(missed), sleep_(now()) {
    if (period_ <= Duration::zero()) {
      throw std::invalid_argument("an interval's period has to be longer than zero");
    }
  }

  /// Ready at the next tick. The interval outlives it. A tick counts when this is ready: to destroy
  /// it before, as `select` does with a loser, loses none.
  auto tick() {
    return poll_fn([this](Context& context) { return poll_tick(context); });
  }
  Poll<void> poll_tick(Context& context);

 private:
  [[nodiscard]] Clock::time_point next() const;

  const Duration period_;
  const MissedTick missed_;
  Sleep sleep_;         // until the next tick
  bool waited_ = true;  // for it
};

/// The same as a function: `Interval every = interval(1s);`
template <class Rep, class Period>
Interval interval(std::chrono::duration<Rep, Period> period,
                  MissedTick missed = MissedTick::burst) {
  return Interval(period, missed);
}

}  // namespace runtime
