// Exercise: write these. As they are, whoever calls a coroutine loses it, and nobody lets it go on.

#include "promise.hpp"

Poll<int> Async::poll() {
  return pending;
}

bool Awaited::await_ready() {
  return false;
}

void Awaited::await_suspend(std::coroutine_handle<Async::promise_type>) {}

Async Async::promise_type::get_return_object() {
  return Async(nullptr);
}

Stop Async::promise_type::initial_suspend() {
  return Stop(false);
}

void Async::promise_type::return_value(int) {}

void Async::promise_type::unhandled_exception() {}

Stop Async::promise_type::final_suspend() noexcept {
  return Stop(false);
}
