#include "runtime/time/interval.hpp"

namespace runtime {

Poll<void> Interval::poll_tick(Context& context) {
  const bool over = sleep_.poll(context).is_ready();
  const bool waited = std::exchange(waited_, true);
  if (over && !waited) context.wake_self();  // the task is behind: others first, before each tick
  if (!over || !waited) return pending;
  waited_ = false;
  sleep_.reset(next());
  return done;
}

Clock::time_point Interval::next() const {
  const Clock::time_point planned = common::time_after(sleep_.deadline(), period_);
  const Clock::time_point time = now();
  if (missed_ == MissedTick::burst || planned >= time) return planned;
  const Duration since =
      missed_ == MissedTick::delay ? Duration::zero() : (time - planned) % period_;
  return common::time_after(time, period_ - since);
}

}  // namespace runtime
