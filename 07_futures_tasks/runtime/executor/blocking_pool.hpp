// Where does work go that blocks, such as looking up a name? To threads that have nothing else to
// do.
//
// Thread safety: all of it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/task/scheduler.hpp"
#include "runtime/task/task.hpp"
#include "runtime/task/task_list.hpp"

namespace runtime {

class Executor;

/// What becomes of a call that is under way when the runtime ends?
enum class Leftover : char {
  wait_for,  ///< the runtime waits for its end
  let_go     ///< its thread goes on alone, and what it needs of the runtime lives as long
};

/// Runs each task, which is one call of a function, on a thread that may block. Threads are started
/// when they are needed, up to `kMost`, and kept until the end: so kMost calls that wait for one
/// more wait for ever.
class BlockingPool final : public Scheduler {
 public:
  static constexpr std::size_t kMost = 64;

  BlockingPool(Executor& executor, Leftover leftover, const Ref<Observer>& observer)
      : Scheduler(observer), executor_(executor), leftover_(leftover) {}

  /// Errors: where no thread can be had, and there is none yet, the task is cancelled.
  void add(Task& task) noexcept override;
  void submit(Task& task, bool yields) noexcept override;
  void remove(Task& task) noexcept override;

  /// Cancels what has not begun, and waits for what has, or lets it go.
  void shut_down() noexcept override;

 private:
  using Lock = std::unique_lock<std::mutex>;

  void work();
  bool start_thread() noexcept;

  Executor& executor_;  // the threads keep it
  const Leftover leftover_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable submitted_;
  Queue<Task> queue_;
  std::vector<std::thread> threads_;  // those to be joined: none, if they may be let go
  std::size_t started_ = 0;           // threads: they last until the end
  std::size_t waiting_ = 0;           // tasks in the queue
  std::size_t running_ = 0;           // threads that run one
  bool closed_ = false;
};

}  // namespace runtime
