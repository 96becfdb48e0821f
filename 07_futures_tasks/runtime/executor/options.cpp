#include "runtime/executor/options.hpp"

#include <stdexcept>

#include "runtime/executor/current_thread.hpp"
#include "runtime/trace/observer.hpp"

namespace runtime {

Ref<Executor> make_executor(const Options& options, const Ref<Trace>& trace) {
  if (options.workers > 0 && options.virtual_clock) {
    throw std::invalid_argument("a virtual clock goes without workers");
  }
  const Ref<Observer> observer = trace ? Ref<Observer>(*trace) : Ref<Observer>();
  if (options.workers == 0) {
    return Ref<Executor>::adopt(new CurrentThread(options.virtual_clock, observer));
  }
  return Ref<Executor>::adopt(new WorkerPool(options.workers, options.driven_by, observer));
}

}  // namespace runtime
