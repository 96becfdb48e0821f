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
  JoinHandle& operator=(JoinHandle&& other) noexcept {
    std::swap(task_, other.task_);
    return *this;
  }
  ~JoinHandle() { detach(); }

  /// The task's output, when it is done. Throws what the task has thrown, and `Aborted` if it was
  /// aborted, or its executor has ended, before it was done.
  Poll<T> poll(Context& context) {
    if (!task_->poll_done(context)) return pending;
    const auto task = Ref<TaskOf<T>>::adopt(std::exchange(task_, nullptr));
    return task->take_output();
  }

  /// Has the task's future destroyed where it waits, on a thread of its executor. Does not wait for
  /// that: `co_await` the handle, and catch `Aborted`. Without effect on a task that is done.
  void abort() noexcept {
    if (task_ != nullptr) task_->abort();
  }

  /// Lets the task go on alone. Its result is dropped; an exception from it is a line on standard
  /// error.
  void detach() noexcept {
    if (task_ != nullptr) std::exchange(task_, nullptr)->detach();
  }

 private:
  TaskOf<T>* task_;
};

}  // namespace runtime
