// How does a task begin, and how does a future find the runtime that it runs in? By asking for the
// current one.
#pragma once

#include <utility>

#include "runtime/executor/executor.hpp"
#include "runtime/future/future.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/io/reactor.hpp"
#include "runtime/task/join_handle.hpp"
#include "runtime/time/timers.hpp"
#include "runtime/trace/place.hpp"

namespace runtime {

/// Makes `future` a task of the runtime that this is called in. It is polled soon, by itself, also
/// when nobody joins it; what it refers to must live until it ends. Throws std::logic_error outside
/// of a runtime.
///
///     JoinHandle<void> handle = spawn(serve(std::move(socket)));
///
/// `where` is for a trace, and not to be given, but by a function that spawns for its caller.
template <Future F>
JoinHandle<OutputOf<F>> spawn(F future, Place where = Place::here()) {
  return Executor::current().spawn(std::move(future), where);
}

/// Refers to a runtime, from any thread. To keep it does not keep the runtime running. (A runtime
/// that has given one away does not search for deadlocks any more: who has it may bring news.)
///
///     const Handle handle = Handle::current();
///     std::thread([handle] { handle.spawn(greet()).detach(); }).join();
class Handle {
 public:
  /// The runtime on whose thread this is: an executor makes itself known to the threads that it
  /// uses. Throws std::logic_error elsewhere.
  static Handle current() { return Handle(Executor::current()); }

  /// As `runtime::spawn`, from any thread. When the runtime has ended, the task is `Aborted` at
  /// once.
  template <Future F>
  JoinHandle<OutputOf<F>> spawn(F future, Place where = Place::here()) const {
    return executor_->spawn(std::move(future), where);
  }

  [[nodiscard]] const Ref<Reactor>& reactor() const { return executor_->driver().reactor(); }
  [[nodiscard]] Timers& timers() const { return executor_->driver().timers(); }

 private:
  explicit Handle(Executor& executor) : executor_(executor) { executor.has_handle = true; }

  Ref<Executor> executor_;
};

}  // namespace runtime
