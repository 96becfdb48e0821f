#include "runtime/executor/blocking_pool.hpp"

#include <exception>

namespace runtime {

void BlockingPool::add(Task& task) noexcept {
  Lock lock(mutex_);
  tasks_.insert(task);
  if (closed_ || (idle_ <= waiting_ && !start_thread())) {
    lock.unlock();
    task.cancel();
    return;
  }
  queue_.push(task);
  ++waiting_;
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

void BlockingPool::submit(Task& task) noexcept {
  // Only `abort` of a task that runs, or waits in the queue, could ask for this, and neither does.
  static_cast<void>(task);
}

void BlockingPool::remove(Task& task) noexcept {
  const std::lock_guard lock(mutex_);
  tasks_.erase(task);
}

void BlockingPool::work() {
  Lock lock(mutex_);
  for (;;) {
    ++idle_;
    submitted_.wait(lock, [&] { return waiting_ > 0 || closed_; });
    --idle_;
    if (closed_) return;
    Task* const task = queue_.pop();
    --waiting_;
    lock.unlock();
    task->run();
    lock.lock();
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
  while (Task* const task = tasks_.newest()) task->cancel();
}

}  // namespace runtime
