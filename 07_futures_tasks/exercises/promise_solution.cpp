// One answer to the exercise.

#include "promise.hpp"

Poll<int> Async::poll() {
  promise_type& promise = coroutine_.promise();
  while (!coroutine_.done()) {
    if (promise.awaited != nullptr && !promise.awaited->poll()) return pending;
    promise.awaited = nullptr;
    coroutine_.resume();  // to its end, or to what it waits for next: that is polled at once
  }
  if (promise.error) std::rethrow_exception(promise.error);
  return *promise.result;
}

bool Awaited::await_ready() {
  return false;  // its poll will tell
}

void Awaited::await_suspend(std::coroutine_handle<Async::promise_type> coroutine) {
  coroutine.promise().awaited = this;
}

Async Async::promise_type::get_return_object() {
  return Async(std::coroutine_handle<promise_type>::from_promise(*this));
}

Stop Async::promise_type::initial_suspend() {
  return Stop(true);
}

void Async::promise_type::return_value(int value) {
  result = value;
}

void Async::promise_type::unhandled_exception() {
  error = std::current_exception();
}

Stop Async::promise_type::final_suspend() noexcept {
  return Stop(true);
}
