// What are the smallest futures? One that is a function, one that waits for nothing; and two that
// go on with what another one results in.
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "runtime/future/future.hpp"

namespace runtime {

template <class T>
T result_in(Poll<T>);  // for its type

/// A future that calls `function` with the context at each poll.
template <class Function>
class [[nodiscard]] PollFn {
 public:
  using Output = decltype(result_in(std::declval<Function&>()(std::declval<Context&>())));

  explicit PollFn(Function function) : function_(std::move(function)) {}

  Poll<Output> poll(Context& context) { return function_(context); }

 private:
  Function function_;
};

/// `poll_fn([&](Context& context) -> Poll<int> { … })`. What the function captures is kept in the
/// future, and references must stay valid for as long as it is. Like Rust's `std::future::poll_fn`.
template <class Function>
PollFn<Function> poll_fn(Function function) {
  return PollFn<Function>(std::move(function));
}

/// `co_await yield_now();` is pending once, with a wake for itself: the task goes to the end of the
/// queue.
inline auto yield_now() {
  return poll_fn([yielded = false](Context& context) mutable -> Poll<void> {
    if (std::exchange(yielded, true)) return done;
    context.wake_self();
    return pending;
  });
}

/// Calls `function` with what a future has resulted in.
template <class Function, class T>
decltype(auto) call_with(Function& function, Poll<T>& result) {
  if constexpr (std::is_void_v<T>) {
    return function();
  } else {
    return function(result.take());
  }
}

/// `then(connect, [](TcpStream stream) { … })` calls the function with the result of the future;
/// its own result is the function's. A failure of the future passes by the function. Like `map` of
/// Rust's futures.
template <Future F, class Function>
auto then(F future, Function function) {
  using Output = decltype(call_with(function, std::declval<Poll<OutputOf<F>>&>()));
  return poll_fn([future = std::move(future),
                  function = std::move(function)](Context& context) mutable -> Poll<Output> {
    auto result = future.poll(context);
    if (!result.is_ready()) return pending;
    return ready_with<Output>([&]() -> Output { return call_with(function, result); });
  });
}

/// `map_error(connect, [](const std::exception& error) { … return fallback; })` calls the function
/// with the error when the future throws a std::exception. What the function returns is the result
/// in the future's place; what it throws is the error in its place. Rust's `map_err` does the
/// second only, because there an error is a value already.
template <Future F, class Function>
auto map_error(F future, Function function) {
  using Output = OutputOf<F>;
  return poll_fn([future = std::move(future),
                  function = std::move(function)](Context& context) mutable -> Poll<Output> {
    try {
      return future.poll(context);
    } catch (const std::exception& error) {
      return ready_with<Output>([&]() -> Output { return function(error); });
    }
  });
}

}  // namespace runtime
