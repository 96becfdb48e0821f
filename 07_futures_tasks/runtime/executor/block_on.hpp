// How does a program that is no task run one? It blocks on it.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

#include "runtime/executor/executor.hpp"
#include "runtime/executor/parker.hpp"
#include "runtime/executor/worker_pool.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/future.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/task/join_handle.hpp"
#include "runtime/trace/place.hpp"
#include "runtime/trace/trace.hpp"

namespace runtime {

struct Options {
  /// Threads that run tasks; 0 for the calling thread alone.
  std::size_t workers = 0;
  /// Who waits for the kernel, if there are workers.
  DrivenBy driven_by = DrivenBy::idle_worker;
  /// Time stands still while anything can run, and then jumps to the next timer: for tests, which
  /// then take no time, and are the same every time. Without workers only.
  bool virtual_clock = false;
  /// The file to write a trace to, see trace.hpp; none if empty.
  std::string trace = {};
};

/// `block_on` would have waited for ever: its future, and every task that might help it, wait for
/// each other or for nothing.
class Deadlock : public std::logic_error {
 public:
  Deadlock() : logic_error("deadlock: every task waits, and nothing is left that could wake one") {}
};

/// The executor that `options` ask for. Throws std::invalid_argument for a virtual clock with
/// workers, and std::system_error where the trace's file cannot be opened.
Ref<Executor> make_executor(const Options& options);

/// Runs `future` in `executor` as a task, and ends it, with all tasks that are left.
template <Future F>
Poll<OutputOf<F>> run_in(Executor& executor, F future, const Place& where) {
  struct ShutDown {
    Executor& executor;
    ~ShutDown() { executor.shut_down(); }
  } const shut_down{executor};

  JoinHandle<OutputOf<F>> handle = executor.spawn(std::move(future), where);
  const auto parker = Ref<Parker>::adopt(new Parker);
  Context context(*parker);
  Poll<OutputOf<F>> result = handle.poll(context);
  if (!result.is_ready()) {
    if (!executor.run(*parker)) throw Deadlock();
    result = handle.poll(context);
  }
  return result;
}

/// Makes a runtime, runs `future` in it as a task, and returns its result, or throws what it threw.
/// Tasks that are left then are cancelled: all is destroyed when it returns. Throws `Deadlock`, and
/// std::logic_error when called in a runtime. A trace that cannot be written is an error, too; it
/// does not keep the future from its end.
template <Future F>
OutputOf<F> block_on(F future, const Options& options = {}, Place where = Place::here()) {
  const Ref<Executor> executor = make_executor(options);
  Poll<OutputOf<F>> result = run_in(*executor, std::move(future), where);
  if (Trace* const trace = executor->trace()) trace->close();
  return result.take();
}

}  // namespace runtime
