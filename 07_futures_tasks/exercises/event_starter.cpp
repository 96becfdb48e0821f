// Exercise: fix this. It keeps one waker, the last one, and never takes it back.

#include "event.hpp"

Event::Wait::~Wait() {}  // it leaves its waker where it is

runtime::Poll<void> Event::Wait::poll(runtime::Context& context) {
  if (event_.set_) return runtime::done;
  event_.waiting_.clear();
  event_.waiting_.push_back(context.waker());
  return runtime::pending;
}

void Event::set() {
  set_ = true;
  for (const runtime::Waker& waker : waiting_) waker.wake();
}
