// How does a future find the runtime that it runs in? It asks for the current one.
#pragma once

#include "runtime/executor/executor.hpp"

namespace runtime {

/// Refers to a runtime. To keep it does not keep the runtime running.
class Handle {
 public:
  /// The runtime on whose thread this is: an executor makes itself known to the threads that it
  /// uses. Throws std::logic_error elsewhere.
  static Handle current() { return Handle(Executor::current()); }

  [[nodiscard]] const Ref<Reactor>& reactor() const { return executor_->driver().reactor(); }
  [[nodiscard]] Timers& timers() const { return executor_->driver().timers(); }

 private:
  explicit Handle(Executor& executor) : executor_(executor) {}

  Ref<Executor> executor_;
};

}  // namespace runtime
