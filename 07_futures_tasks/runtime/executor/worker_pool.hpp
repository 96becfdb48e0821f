// How do several threads run many tasks? One queue for all, and one of them waits for the kernel.
//
// Thread safety: all of it. Invariants:
//  1. One mutex guards the queue, the tasks, and who sleeps. So a worker that goes to sleep has
//     looked at the queue after everybody could see that it will.
//  2. At most one thread is in the driver: a background thread, or else a worker that had
//     nothing to run, which goes there instead of to sleep.
//  3. A task that is put into the queue is seen: by a worker that has yet to look, or by one that
//     is woken for it, or by the driver's, which is woken if all others are busy.
//  4. A task that is woken by another one does not go to the queue, but runs next on the same
//     thread: what it was woken for is at hand there, and nobody has to be woken.
//  5. While workers sleep and nobody is in the driver, one of the sleepers keeps watch.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/executor/executor.hpp"
#include "runtime/executor/parker.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/io/selector.hpp"
#include "runtime/task/task.hpp"
#include "runtime/task/task_list.hpp"
#include "runtime/trace/observer.hpp"

namespace runtime {

/// Who waits for descriptors and timers.
enum class DrivenBy {
  idle_worker,       ///< a worker that has nothing to run
  background_thread  ///< a thread that does nothing else, as in Tokio's first reactor
};

class WorkerPool final : public Executor {
 public:
  struct Worker;

  /// Starts `workers` threads, at least one. Errors: "thread: …".
  WorkerPool(std::size_t workers, DrivenBy driven_by, const Ref<Observer>& observer,
             std::unique_ptr<Selector> selector = {});
  ~WorkerPool() override;

  void add(Task& task) noexcept override;
  void submit(Task& task, bool yields) noexcept override;
  void remove(Task& task) noexcept override;
  bool run(Parker& until) override;
  void shut_down() noexcept override;
  void wake_driver() noexcept override;

 private:
  using Lock = std::unique_lock<std::mutex>;

  /// How many tasks in a row may be woken by the one before, while others wait in the queue.
  static constexpr int kInARow = 16;
  /// How long nobody may be in the driver, while tasks run and workers sleep.
  static constexpr Duration kWatch = std::chrono::milliseconds(10);

  void work();
  int run_tasks(Task* task, Worker& worker);
  void drive_in_background();
  Driver::Wait how_to_wait();
  void drive(Lock& lock);
  void sleep(Lock& lock);
  void keep_watch(Lock& lock);
  void push(Task& task) noexcept;
  void wake_one(Lock& lock);
  [[nodiscard]] bool all_others_sleep() const;
  void find_deadlock();
  void join() noexcept;

  const std::size_t workers_;
  const DrivenBy driven_by_;
  std::mutex mutex_;  // guards what follows, but for the threads
  std::condition_variable woken_;
  Queue<Task> queue_;
  List<Task> tasks_;
  std::size_t asleep_ = 0;   // workers that nobody has woken yet
  std::size_t wakes_ = 0;    // for as many of them as will see it
  bool watched_ = false;     // one of those that sleep keeps watch
  std::thread::id driver_;   // the thread in the driver, or none
  bool hopes_ = false;       // the driver may wait without limit
  bool has_looked_ = false;  // for a deadlock, since something has come
  bool closed_ = false;
  bool deadlocked_ = false;
  Ref<Parker> parker_;
  std::vector<std::thread> threads_;
};

}  // namespace runtime
