#include "runtime/executor/options.hpp"

#include <stdexcept>
#include <utility>

#include "runtime/executor/current_thread.hpp"
#include "runtime/io/selector.hpp"
#include "runtime/trace/observer.hpp"

namespace runtime {

Ref<Executor> make_executor(const Options& options, const Ref<Trace>& trace) {
  if (options.workers > 0 && options.virtual_clock) {
    throw std::invalid_argument("a virtual clock goes without workers");
  }
  const Ref<Observer> observer = trace ? Ref<Observer>(*trace) : Ref<Observer>();
  auto selector = options.driver == DriverKind::io_uring ? make_ring() : nullptr;
  if (options.workers == 0) {
    return Ref<Executor>::adopt(
        new CurrentThread(options.virtual_clock, observer, std::move(selector)));
  }
  return Ref<Executor>::adopt(
      new WorkerPool(options.workers, options.driven_by, observer, std::move(selector)));
}

}  // namespace runtime
