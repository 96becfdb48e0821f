// How is a runtime made that has several threads, a clock of its own, or somebody who looks on?
// With options.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "runtime/executor/block_on.hpp"
#include "runtime/executor/executor.hpp"
#include "runtime/executor/worker_pool.hpp"
#include "runtime/future/future.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/trace/place.hpp"
#include "runtime/trace/trace.hpp"

namespace runtime {

/// How the kernel is asked what is ready.
enum class DriverKind {
  epoll,    ///< epoll(7)
  io_uring  ///< io_uring(7); where the kernel allows that
};

struct Options {
  /// Threads that run tasks; 0 for the calling thread alone.
  std::size_t workers = 0;
  /// Who waits for the kernel, if there are workers.
  DrivenBy driven_by = DrivenBy::idle_worker;
  /// With what it does that.
  DriverKind driver = DriverKind::epoll;
  /// Time stands still while anything can run, and then jumps to the next timer: for tests, which
  /// then take no time, and are the same every time. Without workers only.
  bool virtual_clock = false;
  /// The file to write a trace to, see trace.hpp; none if empty.
  std::string trace = {};
};

/// The executor that `options` ask for. Throws std::invalid_argument for a virtual clock with
/// workers, and std::system_error where there is no ring.
Ref<Executor> make_executor(const Options& options, const Ref<Trace>& trace);

/// As `block_on` without options. A trace that cannot be written is an error, too; it does not keep
/// the future from its end.
template <Future F>
OutputOf<F> block_on(F future, const Options& options, Place where = Place::here()) {
  prepare_to_block();
  const Ref<Trace> trace = make_trace(options.trace);
  const Ref<Executor> executor = make_executor(options, trace);
  Poll<OutputOf<F>> result = run_in(*executor, std::move(future), where);
  if (trace) trace->close();
  return result.take();
}

}  // namespace runtime
