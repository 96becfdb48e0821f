// How does one thread run many tasks? A queue, and a wait when the queue is empty.
//
// Thread safety: `submit` is for any thread; everything else is for the thread that made it.
#pragma once

#include <atomic>
#include <mutex>

#include "runtime/executor/executor.hpp"
#include "runtime/executor/parker.hpp"
#include "runtime/task/task.hpp"
#include "runtime/task/task_list.hpp"

namespace runtime {

/// Runs all tasks on the thread that calls `run`, and drives the reactor and timers itself.
class CurrentThread final : public Executor {
 public:
  using Executor::Executor;

  void add(Task& task) noexcept override;
  void submit(Task& task) noexcept override;
  void remove(Task& task) noexcept override { tasks_.erase(task); }
  bool run(Parker& until) override;
  void shut_down() noexcept override;

 private:
  Task* next();
  /// Waits until there may be something to run. False if that cannot be.
  bool park();

  bool closed_ = false;
  List<Task> tasks_;
  Queue<Task> queue_;

  std::mutex mutex_;
  Queue<Task> from_elsewhere_;                // guarded by the mutex
  std::atomic<bool> have_elsewhere_ = false;  // it is not empty: set and cleared under the mutex
};

}  // namespace runtime
