#include "runtime/executor/blocking_pool.hpp"

#include <exception>

#include "runtime/executor/executor.hpp"

namespace runtime {

Scheduler& Executor::blocking() {
  const std::lock_guard lock(mutex_);
  if (!blocking_) {
    const Ref<Observer> seen = observer() == nullptr ? Ref<Observer>() : Ref<Observer>(*observer());
    blocking_ = Ref<Scheduler>::adopt(new BlockingPool(*this, seen));
  }
  return *blocking_;
}

void BlockingPool::add(Task& task) noexcept {
  Lock lock(mutex_);
  if (closed_ || (threads_.size() <= running_ + waiting_ && !start_thread())) {
    lock.unlock();
    task.cancel_scheduled();
    return;
  }
  queue_.push(task);
  ++waiting_;
  ++executor_.blocking_calls;
  lock.unlock();
  submitted_.notify_one();
}

/// True if there is a thread that will come to the queue. REQUIRES: the mutex is held.
bool BlockingPool::start_thread() noexcept {
  if (threads_.size() == kMost) return true;
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::exception&) {
    return !threads_.empty();
  }
  return true;
}

/// A call never waits for a wake, so it is in the queue once: from `add`.
void BlockingPool::submit(Task& task, bool) noexcept {
  task.release();
}

/// There is no list: what is not in the queue runs on a thread that is waited for.
void BlockingPool::remove(Task&) noexcept {}

void BlockingPool::work() {
  const Executor::Enter enter(executor_, true);
  Lock lock(mutex_);
  for (;;) {
    submitted_.wait(lock, [&] { return waiting_ > 0 || closed_; });
    if (closed_) return;
    Task* const task = queue_.pop();
    --waiting_;
    ++running_;
    lock.unlock();
    task->run();
    // Who drives a virtual clock may wait for this.
    if (--executor_.blocking_calls == 0) executor_.wake_driver();
    lock.lock();
    --running_;
  }
}

void BlockingPool::shut_down() noexcept {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  submitted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  while (Task* const task = queue_.pop()) task->cancel_scheduled();
}

}  // namespace runtime
