// Who runs a task? The scheduler that it belongs to from its first moment to its last.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/future/ref.hpp"
#include "runtime/task/task_list.hpp"
#include "runtime/trace/trace.hpp"

namespace runtime {

class Task;

/// Keeps all its tasks that are not done, and polls those that are submitted. Tasks share it, so
/// that a late wake meets a scheduler that has closed, and not none.
class Scheduler : public RefCounted {
 public:
  /// What its tasks do goes to `trace`, if there is one.
  explicit Scheduler(const Ref<Trace>& trace = {}) : trace_(trace) {}

  /// Takes in a new task, which is scheduled, and its reference. One that is closed cancels it at
  /// once.
  virtual void add(Task& task) noexcept = 0;
  /// Puts a task into the queue. Any thread may. One that is closed ignores it.
  virtual void submit(Task& task) noexcept = 0;
  /// Forgets a task that is done. The thread that ran it calls this.
  virtual void remove(Task& task) noexcept = 0;

  // How many tasks of this scheduler wait to join others of it: the number of wakers that cannot
  // be used from outside. Relaxed: it is read when the scheduler has nothing to do.
  void join_begins() noexcept { joins_.fetch_add(1, std::memory_order_relaxed); }
  void join_ends() noexcept { joins_.fetch_sub(1, std::memory_order_relaxed); }

  [[nodiscard]] Trace* trace() const noexcept { return trace_.get(); }

 protected:
  /// True if somebody else may still wake one of `tasks`: it has a waker that does not just wait
  /// for another of them. False means that they wait for each other, or for nothing.
  [[nodiscard]] bool may_be_woken(const List<Task>& tasks) const noexcept;

 private:
  const Ref<Trace> trace_;
  std::atomic<std::uint64_t> joins_ = 0;
};

}  // namespace runtime
