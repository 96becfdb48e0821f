// What are the smallest futures? One that has its value already, one that is a function, one that
// waits for nothing; and two that go on with what another one results in.
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "runtime/future/future.hpp"

namespace runtime {

/// Ready at the first poll. Like Rust's `std::future::ready`.
template <class T>
class [[nodiscard]] Ready {
 public:
  using Output = T;

  explicit Ready(Stored<T> value) : value_(std::move(value)) {}

  Poll<T> poll(Context&) { return std::move(value_); }

 private:
  Stored<T> value_;
};

template <class T>
Ready<T> ready(T value) {
  return Ready<T>(std::move(value));
}
inline Ready<void> ready() {
  return Ready<void>(done);
}

template <class T>
struct PollResult;
template <class T>
struct PollResult<Poll<T>> {
  using Output = T;
};

/// A future that calls `function` with the context at each poll.
template <class Function>
class [[nodiscard]] PollFn {
 public:
  using Output = typename PollResult<std::invoke_result_t<Function&, Context&>>::Output;

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

template <class Function, class T>
struct ThenOutput {
  using Type = std::invoke_result_t<Function&, T>;
};
template <class Function>
struct ThenOutput<Function, void> {
  using Type = std::invoke_result_t<Function&>;
};

/// Calls `function` with the result of `future`; its own result is the function's. A failure of the
/// future passes by the function. Like `map` of Rust's futures.
template <Future F, class Function>
class [[nodiscard]] Then {
 public:
  using Output = typename ThenOutput<Function, OutputOf<F>>::Type;

  Then(F future, Function function) : future_(std::move(future)), function_(std::move(function)) {}

  Poll<Output> poll(Context& context) {
    auto result = future_.poll(context);
    if (!result.is_ready()) return pending;
    return ready_with<Output>([&]() -> Output { return call(result); });
  }

 private:
  Output call(Poll<OutputOf<F>>& result) {
    if constexpr (std::is_void_v<OutputOf<F>>) {
      return function_();
    } else {
      return function_(result.take());
    }
  }

  F future_;
  Function function_;
};

/// `then(connect, [](TcpStream stream) { … })`
template <Future F, class Function>
Then<F, Function> then(F future, Function function) {
  return Then<F, Function>(std::move(future), std::move(function));
}

/// Calls `function` with the error when `future` throws a std::exception. What the function returns
/// is the result in the future's place; what it throws is the error in its place. Rust's `map_err`
/// does the second only, because there an error is a value already.
template <Future F, class Function>
class [[nodiscard]] MapError {
 public:
  using Output = OutputOf<F>;

  MapError(F future, Function function)
      : future_(std::move(future)), function_(std::move(function)) {}

  Poll<Output> poll(Context& context) {
    try {
      return future_.poll(context);
    } catch (const std::exception& error) {
      return ready_with<Output>([&]() -> Output { return function_(error); });
    }
  }

 private:
  F future_;
  Function function_;
};

/// `map_error(connect, [](const std::exception& error) { … return fallback; })`
template <Future F, class Function>
MapError<F, Function> map_error(F future, Function function) {
  return MapError<F, Function>(std::move(future), std::move(function));
}

}  // namespace runtime
