// What comes after a future? A function of its result.
#pragma once

#include "runtime/future/future.hpp"

namespace runtime {

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

}  // namespace runtime
