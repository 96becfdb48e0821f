// How does one thread run many tasks? A queue, and a wait when the queue is empty.
//
// Thread safety: `add`, `submit` and `wake_driver` are for any thread; everything else is for the
// thread that runs it.
#pragma once

#include <atomic>

#include "runtime/executor/executor.hpp"
#include "runtime/executor/parker.hpp"
#include "runtime/task/small_mutex.hpp"
#include "runtime/task/task.hpp"
#include "runtime/task/task_list.hpp"

namespace runtime {

/// Runs all tasks on the thread that calls `run`, and drives the reactor and timers itself.
class CurrentThread final : public Executor {
 public:
  using Executor::Executor;

  void add(Task& task) noexcept override;
  void submit(Task& task, bool yields) noexcept override;
  void remove(Task& task) noexcept override { tasks_.erase(task); }
  bool run(Parker& until) override;
  void shut_down() noexcept override;
  void wake_driver() noexcept override {
    if (!is_here()) driver().reactor()->wake();
  }

 private:
  bool push(Queue<Task>& queue, Task& task) noexcept;
  void take_from_elsewhere() noexcept;
  Task* next();
  /// Waits until there may be something to run. False if that cannot be.
  bool park();

  List<Task> tasks_;
  Queue<Task> queue_;
  bool has_looked_ = false;  // for a deadlock, since something has come

  SmallMutex mutex_;                          // guards what follows
  bool closed_ = false;                       // written by this thread alone
  Queue<Task> from_elsewhere_;                // woken by other threads
  Queue<Task> added_elsewhere_;               // spawned by other threads
  std::atomic<bool> have_elsewhere_ = false;  // one is not empty: set and cleared under the mutex
};

}  // namespace runtime
