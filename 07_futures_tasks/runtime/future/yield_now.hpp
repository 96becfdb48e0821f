// How does a task that has much to do let others go first? It waits for nothing.
#pragma once

#include "runtime/future/future.hpp"

namespace runtime {

/// Pending once, with a wake for itself: the task goes to the end of the queue.
class [[nodiscard]] YieldNow {
 public:
  using Output = void;

  Poll<void> poll(Context& context) {
    if (yielded_) return done;
    yielded_ = true;
    context.wake_self();
    return pending;
  }

 private:
  bool yielded_ = false;
};

/// `co_await yield_now();`
inline YieldNow yield_now() {
  return {};
}

}  // namespace runtime
