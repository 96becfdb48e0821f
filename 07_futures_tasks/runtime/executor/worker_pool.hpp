// How do several threads run many tasks? One queue for all, and one of them waits for the kernel.
//
// Thread safety: all of it. Invariants:
//  1. One mutex guards the queue, the tasks, and who sleeps. So a worker that goes to sleep has
//     looked at the queue after everybody could see that it will.
//  2. At most one thread is in the driver: a background thread, or else a worker that had
//     nothing to run, which goes there instead of to sleep.
//  3. A task is submitted either before a worker's last look, or after it, and then somebody is
//     notified: a sleeping worker, or the driver's thread if all others are busy.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/executor/executor.hpp"
#include "runtime/executor/parker.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/task/task.hpp"
#include "runtime/task/task_list.hpp"
#include "runtime/trace/trace.hpp"

namespace runtime {

/// Who waits for descriptors and timers.
enum class DrivenBy {
  idle_worker,       ///< a worker that has nothing to run
  background_thread  ///< a thread that does nothing else, as in Tokio's first reactor
};

class WorkerPool final : public Executor {
 public:
  /// Starts `workers` threads, at least one. Errors: those of std::thread.
  WorkerPool(std::size_t workers, DrivenBy driven_by, const Ref<Trace>& trace);
  ~WorkerPool() override;

  void add(Task& task) noexcept override;
  void submit(Task& task) noexcept override;
  void remove(Task& task) noexcept override;
  bool run(Parker& until) override;
  void shut_down() noexcept override;
  void timer_moved() noexcept override;

 private:
  using Lock = std::unique_lock<std::mutex>;

  void work();
  void drive_always();
  void drive(Lock& lock);
  void sleep(Lock& lock);
  void notify(Lock& lock);
  void find_deadlock();
  void join() noexcept;

  const std::size_t workers_;
  const DrivenBy driven_by_;
  std::mutex mutex_;  // guards what follows, but for the threads
  std::condition_variable submitted_;
  Queue<Task> queue_;
  List<Task> tasks_;
  std::size_t asleep_ = 0;
  std::thread::id driver_;  // the thread in the driver, or none
  bool closed_ = false;
  bool deadlocked_ = false;
  Ref<Parker> parker_;
  std::vector<std::thread> threads_;
};

}  // namespace runtime
