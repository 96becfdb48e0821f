#include "runtime/executor/current_thread.hpp"

#include "runtime/executor/driver.hpp"

namespace runtime {

void CurrentThread::add(Task& task) noexcept {
  tasks_.insert(task);
  if (closed_) {
    task.cancel();
  } else {
    queue_.push(task);
  }
}

void CurrentThread::submit(Task& task) noexcept {
  if (try_current() == this) {
    if (!closed_) queue_.push(task);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    // Once closed, the task may be gone soon. `closed_` is written under the mutex.
    if (closed_) return;
    from_elsewhere_.push(task);
    have_elsewhere_.store(true, std::memory_order_release);
  }
  // If the thread is on its way to sleep, its wait returns at once: the poller looks once more.
  driver().reactor()->wake();
}

Task* CurrentThread::next() {
  if (have_elsewhere_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(mutex_);
    queue_.append(from_elsewhere_);
    have_elsewhere_.store(false, std::memory_order_relaxed);  // under the mutex
  }
  return queue_.pop();
}

bool CurrentThread::run(Parker& until) {
  const Enter enter(*this);
  for (;;) {
    for (int i = 0; i < kTasksPerTurn; ++i) {
      if (until.woken()) return true;
      Task* const task = next();
      if (task == nullptr) break;
      task->run();
    }
    if (until.woken()) return true;
    if (!queue_.empty()) {
      driver().turn(Driver::Wait::no);
    } else if (!park()) {
      return false;
    }
  }
}

bool CurrentThread::park() {
  const bool can_be_woken = driver().timers().next() || may_be_woken(tasks_);
  // A thread that had the last waker has submitted the task before it dropped that.
  if (!can_be_woken && !have_elsewhere_.load(std::memory_order_acquire)) return false;
  driver().turn(Driver::Wait::until_next);
  return true;
}

void CurrentThread::shut_down() noexcept {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  const Enter enter(*this);
  while (Task* const task = tasks_.newest()) task->cancel();
  blocking().shut_down();
}

}  // namespace runtime
