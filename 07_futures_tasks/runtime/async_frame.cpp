#include "async_frame.hpp"

namespace runtime {

bool AsyncFrame::leaf_is_ready(Context& context) {
  if (poll_leaf_ == nullptr) return true;  // it has just begun, or its callee has ended
  try {
    if (!poll_leaf_(awaited_, context)) return false;
  } catch (...) {
    fail();  // for the coroutine's `co_await` to throw
  }
  poll_leaf_ = nullptr;
  return true;
}

bool AsyncFrame::run(Context& context) {
  for (;;) {
    AsyncFrame& frame = *innermost_;
    if (!frame.leaf_is_ready(context)) return false;
    frame.awaited_ = nullptr;
    frame.self_.resume();
    if (frame.ended()) {
      if (&frame == this) return true;
      innermost_ = frame.caller_;
    } else if (frame.poll_leaf_ == nullptr) {
      AsyncFrame& callee = static_cast<AsyncOwner*>(frame.awaited_)->frame();
      callee.caller_ = &frame;
      // Somebody may have polled it before it was awaited: then it has a chain of its own.
      innermost_ = std::exchange(callee.innermost_, &callee);
    }
  }
}

void AsyncOwner::reset() noexcept {
  if (frame_ == nullptr) return;
  // One after the other, innermost first. That is the order in which destructors that call each
  // other would do it, but they would take stack for each level.
  AsyncFrame* frame = frame_->innermost_;
  while (frame != frame_) {
    AsyncFrame* const caller = frame->caller_;
    static_cast<AsyncOwner*>(caller->awaited_)->frame_ = nullptr;
    frame->self_.destroy();
    frame = caller;
  }
  std::exchange(frame_, nullptr)->self_.destroy();
}

}  // namespace runtime
