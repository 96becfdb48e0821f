// What is the same for every executor? The driver, the threads for blocking work, and being
// current.
#pragma once

#include <utility>

#include "runtime/executor/blocking_pool.hpp"
#include "runtime/executor/driver.hpp"
#include "runtime/executor/parker.hpp"
#include "runtime/future/future.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/task/join_handle.hpp"
#include "runtime/task/scheduler.hpp"
#include "runtime/task/task.hpp"
#include "runtime/trace/place.hpp"
#include "runtime/trace/trace.hpp"

namespace runtime {

/// How many tasks run before the driver gets a turn, so that tasks that are always ready cannot
/// starve those that wait for the kernel.
inline constexpr int kTasksPerTurn = 128;

/// Runs tasks that may wait for anything. One kind has the calling thread alone, another one a pool
/// of workers.
class Executor : public Scheduler {
 public:
  /// Errors: those of `common::Poller`.
  Executor(bool virtual_clock, const Ref<Trace>& trace)
      : Scheduler(trace),
        driver_(virtual_clock, trace),
        blocking_(Ref<BlockingPool>::adopt(new BlockingPool(trace))) {}

  /// The executor on whose thread this is. Throws std::logic_error elsewhere.
  static Executor& current();
  static Executor* try_current() noexcept;

  /// Makes `future` a task, which is polled soon, also when nobody joins it. `where` names it in a
  /// trace.
  template <Future F>
  JoinHandle<OutputOf<F>> spawn(F future, const Place& where) {
    auto* const task = new FutureTask<F>(*this, std::move(future));
    if (trace() != nullptr) trace()->spawned(*task, where);
    add(*task);
    return JoinHandle<OutputOf<F>>(*task);
  }

  /// Runs tasks until `until` is woken: then true. False when every task waits, and nothing is left
  /// that could wake one.
  virtual bool run(Parker& until) = 0;

  /// Cancels all tasks that are left, and waits for blocking work that has begun. Nothing runs any
  /// more. REQUIRES: `run` is not running.
  virtual void shut_down() noexcept = 0;

  /// A timer was set that is now the first: the driver may sleep too long.
  virtual void timer_moved() noexcept {}

  [[nodiscard]] Driver& driver() { return driver_; }
  [[nodiscard]] BlockingPool& blocking() { return *blocking_; }

 protected:
  /// While it lives, this thread is one of the executor's. Throws std::logic_error where it is one
  /// already.
  class Enter {
   public:
    explicit Enter(Executor& executor);
    ~Enter();
    Enter(Enter&&) = delete;
  };

 private:
  Driver driver_;
  const Ref<BlockingPool> blocking_;
};

}  // namespace runtime
