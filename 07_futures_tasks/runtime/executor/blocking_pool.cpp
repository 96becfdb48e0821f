#include "runtime/executor/blocking_pool.hpp"

#include <exception>

#include "runtime/executor/executor.hpp"

namespace runtime {

Scheduler& Executor::blocking(Leftover leftover) {
  const std::lock_guard lock(mutex_);
  Ref<Scheduler>& pool = leftover == Leftover::let_go ? lets_go_ : blocking_;
  if (!pool) {
    const Ref<Observer> seen = observer() == nullptr ? Ref<Observer>() : Ref<Observer>(*observer());
    pool = Ref<Scheduler>::adopt(new BlockingPool(*this, leftover, seen));
    if (closed_) pool->shut_down();
  }
  return *pool;
}

void BlockingPool::add(Task& task) noexcept {
  Lock lock(mutex_);
  if (closed_ || (started_ <= running_ + waiting_ && !start_thread())) {
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
  if (started_ == kMost) return true;
  try {
    // A thread that is let go may be the last to know either.
    threads_.emplace_back(
        [executor = Ref<Executor>(executor_), pool = Ref<BlockingPool>(*this)] { pool->work(); });
  } catch (const std::exception&) {
    return started_ > 0;
  }
  ++started_;
  if (leftover_ == Leftover::let_go) {
    threads_.back().detach();
    threads_.pop_back();
  }
  return true;
}

/// A call never waits for a wake, so it is in the queue once: from `add`.
void BlockingPool::submit(Task& task, bool) noexcept {
  task.release();
}

/// There is no list: what is not in the queue runs on a thread, to its end.
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
