#include "runtime/coroutine/async_frame.hpp"

#include <cassert>

namespace runtime {

bool AsyncFrame::run(Context& context) {
  for (;;) {
    AsyncFrame& frame = *link_;
    if (frame.poll_leaf_ == nullptr) {
      frame.resume();  // it has just begun, or its callee has ended
    } else if (!frame.poll_leaf_(frame.awaited_, frame, context)) {
      return false;
    }
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

/// A mark: nobody polls a coroutine that has ended.
bool AsyncFrame::failed(void*, AsyncFrame&, Context&) {
  return false;
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
