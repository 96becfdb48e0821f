// Exercise: the hooks. What does the compiler ask of a promise_type, and who lets the coroutine go
// on?
//
// `Async` is that of step 10, for results that are an int. Its promise has hooks, which the
// compiler calls, and fields, which are all that they need. Write the hooks, and `Async::poll`.
//
// The test is the loop here. It asks again by itself, so nobody has to be woken, and a poll gets no
// context.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "runtime/future/poll.hpp"

using runtime::pending;
using runtime::Poll;

/// What a coroutine does at its opening and at its closing brace: it stops there, or it goes on.
/// (std::suspend_always is one of these, with true, and std::suspend_never one with false.)
class Stop {
 public:
  explicit Stop(bool here) : here_(here) {}

  bool await_ready() const noexcept { return !here_; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  void await_resume() const noexcept {}

 private:
  bool here_;
};

/// A coroutine that is a future of an int.
class Async {
 public:
  using Output = int;
  struct promise_type;

  explicit Async(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}
  Async(Async&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  ~Async() {
    if (coroutine_) coroutine_.destroy();
  }

  /// Lets the coroutine go on as far as it can: until it ends, or what it waits for is pending. Its
  /// result; throws the exception that has left it.
  Poll<int> poll();

 private:
  std::coroutine_handle<promise_type> coroutine_;  // nullptr: nothing to poll, nothing to destroy
};

/// The part of an awaiter that is the same for all futures.
class Awaited {
 public:
  bool await_ready();
  void await_suspend(std::coroutine_handle<Async::promise_type> coroutine);

  /// Polls the future. True if it is ready, or has thrown: the coroutine may go on.
  virtual bool poll() = 0;

 protected:
  ~Awaited() = default;
};

/// The other part: it knows the future, and has room for its result.
template <class F>
class Awaiter final : public Awaited {
 public:
  explicit Awaiter(F& future) : future_(future) {}

  typename F::Output await_resume() {
    if (error_) std::rethrow_exception(error_);
    return result_.take();
  }

  bool poll() override {
    try {
      result_ = future_.poll();
    } catch (...) {
      error_ = std::current_exception();  // to be thrown in the coroutine
    }
    return error_ || result_.is_ready();
  }

 private:
  F& future_;
  Poll<typename F::Output> result_ = pending;
  std::exception_ptr error_;
};

/// The hooks, in the order in which a coroutine comes to them.
struct Async::promise_type {
  /// What the caller gets.
  Async get_return_object();
  /// A call prints nothing: the coroutine begins at the first poll.
  Stop initial_suspend();
  template <class F>
  Awaiter<std::remove_reference_t<F>> await_transform(F&& future) {
    return Awaiter<std::remove_reference_t<F>>(future);
  }
  void return_value(int value);
  /// Called in a catch block.
  void unhandled_exception();
  /// The frame stays until its `Async` has fetched the result, and destroys it.
  Stop final_suspend() noexcept;

  Awaited* awaited = nullptr;  // what the coroutine waits for
  std::optional<int> result;
  std::exception_ptr error;
};
