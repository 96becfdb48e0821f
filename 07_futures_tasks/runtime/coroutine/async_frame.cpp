#include "runtime/coroutine/async_frame.hpp"

#include <cassert>

namespace runtime {

bool AsyncFrame::go_on(Context& context) {
  if (poll_leaf_ != nullptr) {
    try {
      return poll_leaf_(awaited_, context);
    } catch (...) {
      fail();  // for the coroutine's `co_await` to throw
    }
  }
  resume();  // it has just begun, or its callee has ended, or its leaf has failed
  return true;
}

bool AsyncFrame::run(Context& context) {
  for (;;) {
    AsyncFrame& frame = *link_;
    if (!frame.go_on(context)) return false;
    if (frame.ended()) {
      if (&frame == this) return true;
      link_ = std::exchange(frame.link_, &frame);
    } else if (frame.poll_leaf_ == nullptr) {
      assert(frame.awaited_ != nullptr && "suspended by its own co_await");
      AsyncFrame& callee = static_cast<AsyncOwner*>(frame.awaited_)->frame();
      // The callee; or, if somebody polled it before it was awaited, the end of its own chain.
      link_ = std::exchange(callee.link_, &frame);
    }
  }
}

void AsyncOwner::reset() noexcept {
  if (frame_ == nullptr) return;
  // One after the other, innermost first. That is the order in which destructors that call each
  // other would do it, but they would take stack for each level.
  AsyncFrame* frame = frame_->link_;
  while (frame != frame_) {
    AsyncFrame* const caller = frame->link_;
    static_cast<AsyncOwner*>(caller->awaited_)->frame_ = nullptr;
    frame->self_.destroy();
    frame = caller;
  }
  std::exchange(frame_, nullptr)->self_.destroy();
}

}  // namespace runtime
