#include "runtime/executor/current_thread.hpp"

#include <mutex>

#include "runtime/executor/deadlock.hpp"
#include "runtime/executor/driver.hpp"

namespace runtime {

void CurrentThread::add(Task& task) noexcept {
  if (!is_here()) {
    if (!push(added_elsewhere_, task)) task.cancel_scheduled();
  } else if (closed_) {
    task.cancel_scheduled();
  } else {
    tasks_.insert(task);
    queue_.push(task);
  }
}

void CurrentThread::submit(Task& task, bool) noexcept {
  if (!is_here()) {
    if (!push(from_elsewhere_, task)) task.release();
  } else if (closed_) {
    task.release();
  } else {
    queue_.push(task);
  }
}

/// For other threads: false when it is closed.
bool CurrentThread::push(Queue<Task>& queue, Task& task) noexcept {
  // Once it is in the queue, the task may end, and all may be over.
  const Ref<Executor> keep(*this);
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    queue.push(task);
    have_elsewhere_.store(true, std::memory_order_release);
  }
  // If the thread is on its way to sleep, its wait returns at once: the reactor looks once more.
  wake_driver();
  return true;
}

void CurrentThread::take_from_elsewhere() noexcept {
  const std::lock_guard lock(mutex_);
  while (Task* const task = added_elsewhere_.pop()) {
    tasks_.insert(*task);
    queue_.push(*task);
  }
  queue_.append(from_elsewhere_);
  have_elsewhere_.store(false, std::memory_order_relaxed);  // under the mutex
}

Task* CurrentThread::next() {
  if (have_elsewhere_.load(std::memory_order_acquire)) take_from_elsewhere();
  return queue_.pop();
}

bool CurrentThread::run(Parker& until) {
  for (;;) {
    for (int i = 0; i < kTasksPerTurn; ++i) {
      if (until.woken()) return true;
      Task* const task = next();
      if (task == nullptr) break;
      task->run();
    }
    if (until.woken()) return true;
    if (!queue_.empty()) {
      if (driver().turn(Driver::Wait::no, false)) has_looked_ = false;
    } else if (!park()) {
      return false;
    }
  }
}

bool CurrentThread::park() {
  const bool at_work = blocking_calls > 0;
  const bool hopes = has_looked_ || driver().reactor()->watches();
  const auto wait = hopes ? Driver::Wait::until_next : Driver::Wait::briefly;
  if (driver().turn(wait, at_work)) {
    has_looked_ = false;
    return true;
  }
  if (hopes || at_work || driver().timers().next()) return true;
  has_looked_ = true;
  // Who spawns elsewhere has done so before it dropped its handle.
  return may_be_woken(tasks_) || has_handle || have_elsewhere_.load();
}

void CurrentThread::shut_down() noexcept {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  take_from_elsewhere();  // the last ones
  while (Task* const task = queue_.pop()) task->cancel_scheduled();
  while (Task* const task = tasks_.newest()) task->cancel();
  close();
}

}  // namespace runtime
