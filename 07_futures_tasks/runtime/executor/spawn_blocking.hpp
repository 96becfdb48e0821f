// How does a task call a function that blocks, and block nobody? On another thread.
#pragma once

#include <type_traits>
#include <utility>

#include "runtime/executor/blocking_pool.hpp"
#include "runtime/executor/executor.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/task/join_handle.hpp"
#include "runtime/task/task.hpp"
#include "runtime/trace/place.hpp"

namespace runtime {

/// A function as a future that calls it once and never waits.
template <class Function>
class Call {
 public:
  using Output = std::invoke_result_t<Function&>;

  explicit Call(Function function) : function_(std::move(function)) {}

  Poll<Output> poll(Context&) { return ready_with<Output>(function_); }

 private:
  Function function_;
};

/// Calls `function` on a thread that may block. What it returns or throws comes out of the handle.
/// `abort` works as long as it has not begun. The runtime's end waits for it. `where`: as for
/// `spawn`.
template <class Function>
JoinHandle<std::invoke_result_t<Function&>> spawn_blocking(Function function,
                                                           Place where = Place::here()) {
  BlockingPool& pool = Executor::current().blocking();
  auto* const task = new FutureTask<Call<Function>>(pool, Call<Function>(std::move(function)));
  JoinHandle<std::invoke_result_t<Function&>> handle(*task);
  if (pool.trace() != nullptr) pool.trace()->spawned(*task, where);
  pool.add(*task);
  return handle;
}

}  // namespace runtime
