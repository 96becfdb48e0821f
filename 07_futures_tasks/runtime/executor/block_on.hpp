// How does a program that is no task run one? It blocks on it.
#pragma once

#include <stdexcept>
#include <utility>

#include "runtime/executor/current_thread.hpp"
#include "runtime/executor/executor.hpp"
#include "runtime/executor/parker.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/future.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/task/join_handle.hpp"
#include "runtime/trace/observer.hpp"
#include "runtime/trace/place.hpp"

namespace runtime {

/// `block_on` would have waited for ever: its future, and every task that might help it, wait for
/// each other or for nothing.
class Deadlock : public std::logic_error {
 public:
  Deadlock() : logic_error("deadlock: every task waits, and nothing is left that could wake one") {}
};

/// For the start of a runtime: throws std::logic_error on a thread that runs tasks; and from here
/// on the program ignores SIGPIPE, unless it has a handler for it. (Otherwise a write to a peer
/// that has left would end the program.)
void prepare_to_block();

/// Runs `future` in `executor` as a task, and ends it, with all tasks that are left.
template <Future F>
Poll<OutputOf<F>> run_in(Executor& executor, F future, const Place& where) {
  const Executor::Enter enter(executor);
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

/// Makes a runtime of this thread, runs `future` in it as a task, and returns its result, or throws
/// what it threw. Tasks that are left then are cancelled: all is destroyed when it returns. Throws
/// `Deadlock`, and std::logic_error where it would block a thread that runs tasks. (With more than
/// one thread, and more: see options.hpp.)
template <Future F>
OutputOf<F> block_on(F future, Place where = Place::here()) {
  prepare_to_block();
  const auto executor = Ref<CurrentThread>::adopt(new CurrentThread(false, Ref<Observer>()));
  return run_in(*executor, std::move(future), where).take();
}

}  // namespace runtime
