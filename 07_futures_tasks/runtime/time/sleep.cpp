#include "runtime/time/sleep.hpp"

#include "runtime/executor/executor.hpp"

namespace runtime {

Clock::time_point now() {
  Executor* const executor = Executor::try_current();
  return executor == nullptr ? Clock::now() : executor->driver().timers().now();
}

Poll<void> Sleep::poll(Context& context) {
  if (!context.spend()) return pending;
  if (is_over(context)) return done;
  context.take_back();
  return pending;
}

bool Sleep::is_over(Context& context) {
  if (timer_.fired()) return true;
  Executor& executor = Executor::current();
  Timers& timers = executor.driver().timers();
  if (timer_.waits()) return !timers.change_waker(timer_, context);
  if (deadline_ <= timers.now()) return true;
  if (timers.set(timer_, deadline_, context.waker())) executor.wake_driver();
  return false;
}

}  // namespace runtime
