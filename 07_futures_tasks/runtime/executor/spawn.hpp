// How does a task begin? Somebody spawns it.
#pragma once

#include "runtime/executor/executor.hpp"

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

}  // namespace runtime
