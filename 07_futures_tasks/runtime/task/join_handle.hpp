// How does one task get the result of another? By its JoinHandle.
#pragma once

#include <utility>

#include "runtime/future/context.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/task/task.hpp"

namespace runtime {

/// The right to a task's output, once: a future. Like that of Tokio.
///
///     JoinHandle<int> handle = spawn(count());
///     const int result = co_await handle;
///
/// The task runs whether or not anybody waits. To destroy the handle is to `detach`. Move-only. One
/// that was moved from, has given its output, or was detached may be destroyed or assigned to.
template <class T>
class [[nodiscard]] JoinHandle {
 public:
  using Output = T;

  /// Takes over the task's reference for its handle.
  explicit JoinHandle(TaskOf<T>& task) : task_(&task) {}
  JoinHandle(JoinHandle&& other) noexcept : task_(std::exchange(other.task_, nullptr)) {}
  JoinHandle& operator=(JoinHandle other) noexcept {
    std::swap(task_, other.task_);
    return *this;
  }
  ~JoinHandle() { detach(); }

  /// The task's output, when it is done. Throws what the task has thrown, and `Aborted` if it was
  /// aborted, or its executor has ended, before it was done; `NoState` when it has none any more.
  Poll<T> poll(Context& context) {
    if (task_ == nullptr) throw NoState();
    if (!context.spend()) return pending;
    if (!task_->poll_done(context)) {
      context.take_back();
      return pending;
    }
    struct Release {
      Task* task;
      ~Release() { task->release(); }
    } const release{task_};
    return std::exchange(task_, nullptr)->take_output();
  }

  /// Has the task's future destroyed where it waits, on a thread of its executor. Does not wait for
  /// that: `co_await` the handle, and catch `Aborted`. Without effect on a task that is done.
  void abort() noexcept {
    if (task_ != nullptr) task_->abort();
  }

  /// Lets the task go on alone. Its result is dropped; an exception from it is a line on standard
  /// error.
  void detach() noexcept {
    if (task_ != nullptr) std::exchange(task_, nullptr)->drop_handle();
  }

 private:
  TaskOf<T>* task_;
};

/// Makes `future` a task of `scheduler`. Nothing is lost when the observer throws, or there is no
/// memory: there is no task then.
template <Future F>
JoinHandle<OutputOf<F>> spawn_in(Scheduler& scheduler, F future, const Place& where) {
  auto* const task = new FutureTask<F>(scheduler, std::move(future));
  JoinHandle<OutputOf<F>> handle(*task);
  try {
    if (Observer* const observer = scheduler.observer()) observer->spawned(*task, where);
  } catch (...) {
    task->cancel_scheduled();
    throw;
  }
  scheduler.add(*task);
  return handle;
}

}  // namespace runtime
