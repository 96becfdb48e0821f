// One answer to the exercise.

#include "event.hpp"

#include <utility>

Event::Wait::~Wait() {
  if (waits_ && !event_.set_) event_.waiting_.erase(place_);
}

runtime::Poll<void> Event::Wait::poll(runtime::Context& context) {
  if (event_.set_) return runtime::done;
  if (!waits_) place_ = event_.waiting_.emplace(event_.waiting_.end());
  waits_ = true;
  *place_ = context.waker();  // the task that polled last is the one to wake
  return runtime::pending;
}

void Event::set() {
  set_ = true;
  // Out of the event first: who is woken may look at it.
  const std::list<runtime::Waker> waiting = std::exchange(waiting_, {});
  for (const runtime::Waker& waker : waiting) waker.wake();
}
