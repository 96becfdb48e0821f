#include "runtime/time/sleep.hpp"

#include "runtime/executor/executor.hpp"

namespace runtime {

Clock::time_point now() {
  Executor* const executor = Executor::try_current();
  return executor == nullptr ? Clock::now() : executor->driver().timers().now();
}

Poll<void> Sleep::poll(Context& context) {
  if (timer_.fired()) return done;
  Executor& executor = Executor::current();
  Timers& timers = executor.driver().timers();
  if (timer_.is_set()) {
    if (!timers.change_waker(timer_, context)) return done;
    return pending;
  }
  if (deadline_ <= timers.now()) return done;
  if (timers.set(timer_, deadline_, context.waker())) executor.timer_moved();
  return pending;
}

Sleep sleep(Duration duration) {
  const Clock::time_point start = now();
  // A time that the clock cannot express is never.
  if (duration > Clock::time_point::max() - start) return Sleep(Clock::time_point::max());
  return Sleep(start + duration);
}

Sleep sleep_until(Clock::time_point deadline) {
  return Sleep(deadline);
}

}  // namespace runtime
