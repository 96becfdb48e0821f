// What is the same for every executor? The driver, and being current.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "runtime/executor/driver.hpp"
#include "runtime/executor/parker.hpp"
#include "runtime/future/future.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/io/selector.hpp"
#include "runtime/task/join_handle.hpp"
#include "runtime/task/scheduler.hpp"
#include "runtime/task/small_mutex.hpp"
#include "runtime/task/task.hpp"
#include "runtime/trace/observer.hpp"
#include "runtime/trace/place.hpp"

namespace runtime {

enum class Leftover : char;

/// How many tasks run before the driver gets a turn, so that tasks that are always ready cannot
/// starve those that wait for the kernel.
inline constexpr int kTasksPerTurn = 128;

/// Runs tasks that may wait for anything. One kind has the calling thread alone, another one a pool
/// of workers.
class Executor : public Scheduler {
 public:
  /// Errors: those of `Reactor`.
  Executor(bool virtual_clock, const Ref<Observer>& observer,
           std::unique_ptr<Selector> selector = {})
      : Scheduler(observer), driver_(virtual_clock, observer, std::move(selector)) {}

  /// The executor whose task, or blocking work, this thread runs. Throws std::logic_error
  /// elsewhere.
  static Executor& current();
  static Executor* try_current() noexcept;
  /// False on a thread that runs tasks: they would all wait.
  static bool may_block() noexcept;

  /// Makes `future` a task, which is polled soon, also when nobody joins it. From any thread; when
  /// the executor has ended, the task is `Aborted` at once. `where` names it in a trace.
  template <Future F>
  JoinHandle<OutputOf<F>> spawn(F future, const Place& where) {
    return spawn_in(*this, std::move(future), where);
  }

  /// Runs tasks until `until` is woken: then true. False when every task waits, and nothing is left
  /// that could wake one.
  virtual bool run(Parker& until) = 0;

  /// Has the driver look at its timers, or at what else has changed, if it sleeps.
  virtual void wake_driver() noexcept = 0;

  /// Somebody has, or had, a `Handle`, and may spawn from elsewhere.
  std::atomic<bool> has_handle = false;

  [[nodiscard]] Driver& driver() { return driver_; }

  /// Those who run what may block; made by the first who asks. See blocking_pool.hpp.
  Scheduler& blocking(Leftover leftover);
  /// How many calls are under way there, or wait for their thread.
  std::atomic<std::size_t> blocking_calls = 0;

  /// While it lives, this thread is one of the executor's: for tasks, or for work that may block.
  class Enter {
   public:
    explicit Enter(Executor& executor, bool may_block = false);
    ~Enter();
    Enter(Enter&&) = delete;

   private:
    Executor* const executor_before_;
    const bool may_block_before_;
  };

 protected:
  /// For the end, when no task is left: waits for blocking work that has begun, or lets it go. From
  /// then on no timer fires, and nothing is heard.
  void close() noexcept;

  /// True on a thread that runs this executor's tasks.
  [[nodiscard]] bool is_here() const noexcept { return try_current() == this && !may_block(); }

 private:
  Driver driver_;
  SmallMutex mutex_;
  // Guarded by the mutex:
  Ref<Scheduler> blocking_;
  Ref<Scheduler> lets_go_;
  bool closed_ = false;
};

}  // namespace runtime
