// How does a task call a function that blocks, and block nobody? On another thread.
#pragma once

#include <type_traits>
#include <utility>

#include "runtime/executor/blocking_pool.hpp"
#include "runtime/executor/executor.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/task/join_handle.hpp"
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
/// `abort` works as long as it has not begun. `where`: as for `spawn`.
///
/// In the function, `spawn` and `now` are those of the runtime, whose virtual clock, if it has one,
/// stands while the function runs. The function runs to its end also when the task that awaits it
/// is gone. So the runtime's end waits for it, for as long as it takes; unless it may be let go, as
/// a look-up of a name is. Pitfall: have it capture by value. One that is let go may run when
/// `main` has ended: it must own all that it touches.
template <class Function>
JoinHandle<std::invoke_result_t<Function&>> spawn_blocking(Function function, Leftover leftover,
                                                           Place where = Place::here()) {
  return spawn_in(Executor::current().blocking(leftover), Call<Function>(std::move(function)),
                  where);
}
template <class Function>
JoinHandle<std::invoke_result_t<Function&>> spawn_blocking(Function function,
                                                           Place where = Place::here()) {
  return spawn_blocking(std::move(function), Leftover::wait_for, where);
}

}  // namespace runtime
