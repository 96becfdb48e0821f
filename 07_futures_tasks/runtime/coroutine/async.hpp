// How is a future written like a plain function? As a coroutine.
#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "runtime/coroutine/async_frame.hpp"
#include "runtime/future/future.hpp"

namespace runtime {

template <class T>
class AsyncPromise;
template <class T>
class CallAwaiter;

/// What a coroutine returns that awaits futures: a future itself, like Rust's `async fn`.
///
///     Async<int> sum(int a, int b) {
///       co_await sleep(1s);
///       co_return a + b;
///     }
///
/// It does nothing until it is polled. An exception that leaves it comes out of that poll, or of
/// the `co_await` for it. To destroy it is to cancel it where it waits: its local variables are
/// destroyed. T may be a value that can be moved, a reference, or void.
///
/// Pitfalls, all of coroutines: a parameter that is a reference dangles when what it refers to ends
/// first, so take parameters by value; a lambda with captures that is a coroutine loses them when
/// the lambda ends. With g++ 12, `co_await` stands in a statement of its own, as in
/// `const auto x = co_await f();`, never in a condition, and never beside braced lists.
template <class T = void>
class [[nodiscard]] Async : public AsyncOwner {
 public:
  using Output = T;
  using promise_type = AsyncPromise<T>;

  explicit Async(promise_type& promise) : AsyncOwner(promise) {}

  Poll<T> poll(Context& context);

 private:
  friend class CallAwaiter<T>;
  /// The result, or its exception. REQUIRES: the coroutine has ended.
  T take();
};

/// `co_await` for a future that is no coroutine of ours. It refers to the future, which is alive: a
/// temporary lasts, in the coroutine's frame, to the end of the statement that awaits it.
template <Future F>
class LeafAwaiter {
 public:
  using Output = OutputOf<F>;

  explicit LeafAwaiter(F& future) : future_(&future) {}
  LeafAwaiter(LeafAwaiter&&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }  // the loop polls it at once
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> caller) noexcept {
    caller.promise().wait_for(this, &poll_future);
  }
  Output await_resume() {
    if (outcome_->error) std::rethrow_exception(outcome_->error);
    return outcome_->result->take();
  }

 private:
  struct Outcome {
    Poll<Output>* result;
    std::exception_ptr error;
  };

  /// Resumes the coroutine while the outcome is here, on the stack: while it waits, its frame has
  /// no room for one.
  static bool poll_future(void* self, AsyncFrame& caller, Context& context) {
    auto& awaiter = *static_cast<LeafAwaiter*>(self);
    std::exception_ptr error;
    try {
      auto result = awaiter.future_->poll(context);
      if (!result.is_ready()) return false;
      Outcome outcome{&result, nullptr};
      awaiter.outcome_ = &outcome;
      caller.resume();  // nothing is thrown out of it; and `awaiter` is gone then
      return true;
    } catch (...) {
      error = std::current_exception();
    }
    Outcome outcome{nullptr, std::move(error)};
    awaiter.outcome_ = &outcome;
    caller.resume();
    return true;
  }

  union {
    F* future_;         // to be polled
    Outcome* outcome_;  // to be taken
  };
};

/// `co_await` for another coroutine, which joins the chain.
template <class T>
class CallAwaiter {
 public:
  explicit CallAwaiter(Async<T>& callee) : callee_(callee) {}
  CallAwaiter(CallAwaiter&&) = delete;

  [[nodiscard]] bool await_ready() const {
    callee_.require_state();
    return false;
  }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> caller) noexcept {
    caller.promise().wait_for(callee_);
  }
  T await_resume() { return callee_.take(); }

 private:
  Async<T>& callee_;
};

/// What the compiler asks of an Async's coroutine, apart from its result.
class AsyncPromiseBase : public AsyncFrame {
 public:
  using AsyncFrame::AsyncFrame;

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] std::suspend_always final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { fail(); }

  template <FutureOrRef F>
  LeafAwaiter<std::remove_reference_t<F>> await_transform(F&& future) {
    return LeafAwaiter<std::remove_reference_t<F>>(future);
  }
  /// One that is passed for good. (An lvalue is a leaf: it may outlive this coroutine.)
  template <class T>
  CallAwaiter<T> await_transform(Async<T>&& callee) {
    return CallAwaiter<T>(callee);
  }
};

template <class T>
class AsyncPromise : public AsyncPromiseBase {
 public:
  AsyncPromise() : AsyncPromiseBase(std::coroutine_handle<AsyncPromise>::from_promise(*this)) {}

  Async<T> get_return_object() { return Async<T>(*this); }

  template <class Value = T>
  requires std::convertible_to<Value&&, T>
  void return_value(Value&& value) {
    if constexpr (std::is_reference_v<T>) {
      result_ = &value;
    } else {
      result_.emplace(std::forward<Value>(value));
    }
  }

  T take_result() { return unstore<T>(*std::move(result_)); }

 private:
  std::optional<Stored<T>> result_;
};

template <>
class AsyncPromise<void> : public AsyncPromiseBase {
 public:
  AsyncPromise() : AsyncPromiseBase(std::coroutine_handle<AsyncPromise>::from_promise(*this)) {}

  Async<void> get_return_object() { return Async<void>(*this); }
  void return_void() const noexcept {}
  void take_result() const noexcept {}
};

template <class T>
Poll<T> Async<T>::poll(Context& context) {
  require_state();
  if (!frame().run(context)) return pending;
  return ready_with<T>([this]() -> T { return take(); });
}

template <class T>
T Async<T>::take() {
  auto& promise = static_cast<AsyncPromise<T>&>(frame());
  promise.rethrow_error();
  return promise.take_result();
}

}  // namespace runtime
