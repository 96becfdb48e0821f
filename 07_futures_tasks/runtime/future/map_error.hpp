// What if a future fails? A function of its error decides.
#pragma once

#include <exception>

#include "runtime/future/future.hpp"

namespace runtime {

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
