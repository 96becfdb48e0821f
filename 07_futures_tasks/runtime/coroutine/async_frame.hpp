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
#include <memory>
#include <utility>

#include "runtime/future/context.hpp"
#include "runtime/future/future.hpp"

namespace runtime {

class AsyncFrame;

/// Owns a coroutine, and with it those that it awaits: move-only.
class AsyncOwner {
 public:
  explicit AsyncOwner(AsyncFrame& frame) : frame_(&frame) {}
  AsyncOwner(AsyncOwner&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  AsyncOwner& operator=(AsyncOwner other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~AsyncOwner() { reset(); }

  /// Destroys the coroutine: what it awaits first, then its local variables, in reverse order.
  void reset() noexcept;

  /// Throws `NoState` if there is no coroutine to be polled: it has ended, or was moved away.
  inline void require_state() const;

 protected:
  [[nodiscard]] AsyncFrame& frame() const { return *frame_; }

 private:
  friend class AsyncFrame;
  AsyncFrame* frame_;
};

/// The part of every coroutine's promise that the poll loop works on.
class AsyncFrame {
 public:
  /// Polls the leaf at `awaiter`. When that is ready, or has failed, resumes the frame's coroutine,
  /// and returns true.
  using PollLeaf = bool (*)(void* awaiter, AsyncFrame&, Context&);

  explicit AsyncFrame(std::coroutine_handle<> self) : self_(self) {}
  AsyncFrame(AsyncFrame&&) = delete;
  ~AsyncFrame() {
    if (has_failed()) std::destroy_at(&error_);
  }

  /// Runs the chain that ends here, its outermost coroutine, for as long as it gets on. True when
  /// this coroutine has come to its end, false when a leaf is pending. REQUIRES: has not ended.
  bool run(Context& context);

  [[nodiscard]] bool ended() const { return self_.done(); }

  // From `await_suspend`:

  /// The coroutine waits for the leaf at `awaiter`.
  void wait_for(void* awaiter, PollLeaf poll_leaf) {
    awaited_ = awaiter;
    poll_leaf_ = poll_leaf;
  }
  /// The coroutine waits for another one, which `callee` owns.
  void wait_for(AsyncOwner& callee) { awaited_ = &callee; }

  /// For a `PollLeaf` that has come to its end.
  void resume() {
    poll_leaf_ = nullptr;
    awaited_ = nullptr;
    self_.resume();
  }

  /// Throws on the exception with which the coroutine has ended, if it has.
  void rethrow_error() {
    if (has_failed()) std::rethrow_exception(error_);
  }

 protected:
  void fail() noexcept {
    std::construct_at(&error_, std::current_exception());
    poll_leaf_ = &failed;
  }

 private:
  friend class AsyncOwner;

  static bool failed(void* awaiter, AsyncFrame&, Context&);
  [[nodiscard]] bool has_failed() const { return poll_leaf_ == &failed; }

  const std::coroutine_handle<> self_;
  // In the outermost of a chain: the innermost. In the others: the caller. In one that is alone:
  // itself.
  AsyncFrame* link_ = this;
  PollLeaf poll_leaf_ = nullptr;  // none while a callee, or nothing, is awaited
  union {
    void* awaited_ = nullptr;   // the leaf's awaiter, or the callee's AsyncOwner
    std::exception_ptr error_;  // once it has failed, and awaits nothing any more
  };
};

void AsyncOwner::require_state() const {
  if (frame_ == nullptr || frame_->ended()) throw NoState();
}

}  // namespace runtime
