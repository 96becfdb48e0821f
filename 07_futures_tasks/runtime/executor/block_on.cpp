#include "runtime/executor/block_on.hpp"

#include "runtime/executor/current_thread.hpp"

namespace runtime {

Ref<Executor> make_executor(const Options& options) {
  if (Executor::try_current() != nullptr) {
    throw std::logic_error("block_on inside of a runtime would block its thread");
  }
  if (options.workers > 0 && options.virtual_clock) {
    throw std::invalid_argument("a virtual clock goes without workers");
  }
  Ref<Trace> trace;
  if (!options.trace.empty()) trace = Ref<Trace>::adopt(new Trace(options.trace));
  if (options.workers == 0) {
    return Ref<Executor>::adopt(new CurrentThread(options.virtual_clock, trace));
  }
  return Ref<Executor>::adopt(new WorkerPool(options.workers, options.driven_by, trace));
}

}  // namespace runtime
