// How does a task begin? Somebody spawns it.
#pragma once

#include "executor.hpp"

namespace runtime {

/// Makes `future` a task of the runtime that this is called in. It is polled soon, by itself, also
/// when nobody joins it; what it refers to must live until it ends. Throws std::logic_error outside
/// of a runtime.
///
///     JoinHandle<void> handle = spawn(serve(std::move(socket)));
template <Future F>
JoinHandle<OutputOf<F>> spawn(F future) {
  return Executor::current().spawn(std::move(future));
}

}  // namespace runtime
