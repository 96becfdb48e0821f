// How is a coroutine polled? Inside of async.hpp: what all coroutines have, whatever they return.
//
// Invariants:
//  1. Coroutines that await one another form a chain, from the outermost, which somebody polls, to
//     the innermost, which waits for a leaf: a future that is no coroutine. Only the innermost is
//     ever resumed, so a poll costs the same at any depth, and depth takes heap and no stack.
//  2. `await_suspend` writes down what is awaited, and nothing else. Wakers name tasks, never
//     coroutines, so no other thread can know of a coroutine that is about to suspend.
//  3. There is no symmetric transfer: without optimisation compilers do not make it a tail call.
#pragma once

#include <coroutine>
#include <exception>
#include <utility>

#include "runtime/future/context.hpp"

namespace runtime {

class AsyncFrame;

/// Owns a coroutine, and with it those that it awaits: move-only.
class AsyncOwner {
 public:
  explicit AsyncOwner(AsyncFrame& frame) : frame_(&frame) {}
  AsyncOwner(AsyncOwner&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  AsyncOwner& operator=(AsyncOwner&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~AsyncOwner() { reset(); }

  /// Destroys the coroutine: what it awaits first, then its local variables, in reverse order.
  void reset() noexcept;

 protected:
  [[nodiscard]] AsyncFrame& frame() const { return *frame_; }

 private:
  friend class AsyncFrame;
  AsyncFrame* frame_;
};

/// The part of every coroutine's promise that the poll loop works on.
class AsyncFrame {
 public:
  explicit AsyncFrame(std::coroutine_handle<> self) : self_(self) {}
  AsyncFrame(AsyncFrame&&) = delete;

  /// Runs the chain that ends here, its outermost coroutine, for as long as it gets on. True when
  /// this coroutine has come to its end, false when a leaf is pending. REQUIRES: has not ended.
  bool run(Context& context);

  [[nodiscard]] bool ended() const { return self_.done(); }

  // From `await_suspend`:

  /// The coroutine waits for the leaf at `awaiter`. `poll_future` polls that, and when it is ready
  /// resumes the coroutine and returns true.
  void wait_for(void* awaiter, bool (*poll_future)(void* awaiter, Context&)) {
    awaited_ = awaiter;
    poll_leaf_ = poll_future;
  }
  /// The coroutine waits for another one, which `callee` owns.
  void wait_for(AsyncOwner& callee) {
    awaited_ = &callee;
    poll_leaf_ = nullptr;
  }

  /// For the `poll_future` of a leaf that is ready.
  void resume() {
    poll_leaf_ = nullptr;
    awaited_ = nullptr;
    self_.resume();
  }

  /// Throws on the exception with which the coroutine, or the leaf that it awaited, has failed.
  void rethrow_error() {
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 protected:
  void fail() noexcept { error_ = std::current_exception(); }

 private:
  friend class AsyncOwner;

  /// Resumes the coroutine if what it awaits is there, or has failed; false when that is pending.
  bool go_on(Context& context);

  const std::coroutine_handle<> self_;
  // In the outermost of a chain: the innermost. In the others: the caller. In one that is alone:
  // itself.
  AsyncFrame* link_ = this;
  void* awaited_ = nullptr;                       // the leaf's awaiter, or the callee's AsyncOwner
  bool (*poll_leaf_)(void*, Context&) = nullptr;  // nullptr while a callee, or nothing, is awaited
  std::exception_ptr error_;
};

}  // namespace runtime
