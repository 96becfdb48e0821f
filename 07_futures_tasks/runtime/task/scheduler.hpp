// Who runs a task? The scheduler that it belongs to from its first moment to its last.
#pragma once

#include "runtime/future/ref.hpp"
#include "runtime/trace/observer.hpp"

namespace runtime {

class Task;

/// Keeps all its tasks that are not done, and polls those that are submitted. Tasks share it, so
/// that a late wake meets a scheduler that has closed, and not none.
class Scheduler : public RefCounted {
 public:
  /// What its tasks do is told to `observer`, if there is one.
  explicit Scheduler(const Ref<Observer>& observer = {}) : observer_(observer) {}

  /// Takes in a new task, which is scheduled, and two references: the scheduler's and the run's.
  /// One that is closed cancels it at once.
  virtual void add(Task& task) noexcept = 0;
  /// Puts a task into the queue, with the run's reference. Any thread may. One that is closed drops
  /// that. `yields`: the task has woken itself while it ran, so that others should run first.
  virtual void submit(Task& task, bool yields) noexcept = 0;
  /// Cancels all tasks that are left. From then on it is closed.
  virtual void shut_down() noexcept = 0;
  /// Forgets a task that is done. The thread that ran it calls this.
  virtual void remove(Task& task) noexcept = 0;

  [[nodiscard]] Observer* observer() const noexcept { return observer_.get(); }

 private:
  const Ref<Observer> observer_;
};

}  // namespace runtime
