// How is a future written in one line? As the function that is its `poll`.
#pragma once

#include "runtime/future/future.hpp"

namespace runtime {

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

}  // namespace runtime
