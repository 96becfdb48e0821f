#include "runtime/executor/worker_pool.hpp"

#include "runtime/executor/driver.hpp"

namespace runtime {

WorkerPool::WorkerPool(std::size_t workers, DrivenBy driven_by, const Ref<Trace>& trace)
    : Executor(false, trace), workers_(workers), driven_by_(driven_by) {
  try {
    for (std::size_t i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
    if (driven_by == DrivenBy::background_thread) threads_.emplace_back([this] { drive_always(); });
  } catch (...) {
    join();
    throw;
  }
}

WorkerPool::~WorkerPool() {
  join();
}

void WorkerPool::add(Task& task) noexcept {
  Lock lock(mutex_);
  tasks_.insert(task);
  if (closed_) {
    lock.unlock();
    task.cancel();
    return;
  }
  queue_.push(task);
  notify(lock);
}

void WorkerPool::submit(Task& task) noexcept {
  Lock lock(mutex_);
  if (closed_) return;
  queue_.push(task);
  notify(lock);
}

void WorkerPool::remove(Task& task) noexcept {
  const std::lock_guard lock(mutex_);
  tasks_.erase(task);
}

/// Something is in the queue: sees to it that somebody looks there. Releases the lock.
void WorkerPool::notify(Lock& lock) {
  // Whoever is in the driver now will look at the queue next, and passes on what is too much.
  const bool by_driver = driver_ == std::this_thread::get_id();
  const bool wake_driver = asleep_ == 0 && driver_ != std::thread::id() && !by_driver &&
                           driven_by_ == DrivenBy::idle_worker;
  const bool wake_worker = asleep_ > 0 && !(by_driver && driven_by_ == DrivenBy::idle_worker);
  lock.unlock();
  if (wake_worker) submitted_.notify_one();
  if (wake_driver) driver().reactor()->wake();
}

void WorkerPool::work() {
  const Enter enter(*this);
  Lock lock(mutex_);
  int since_turn = 0;
  while (!closed_) {
    Task* const task = since_turn < kTasksPerTurn ? queue_.pop() : nullptr;
    if (task != nullptr) {
      ++since_turn;
      // With nobody in the driver while this one is busy, the others would not hear of the kernel.
      const bool undriven = driven_by_ == DrivenBy::idle_worker && driver_ == std::thread::id();
      if (!queue_.empty() || (undriven && asleep_ > 0)) {
        notify(lock);
      } else {
        lock.unlock();
      }
      task->run();
      lock.lock();
      continue;
    }
    since_turn = 0;
    if (driven_by_ == DrivenBy::idle_worker && driver_ == std::thread::id()) {
      drive(lock);
    } else if (queue_.empty()) {
      sleep(lock);
    }
  }
}

void WorkerPool::drive(Lock& lock) {
  driver_ = std::this_thread::get_id();
  const auto wait = queue_.empty() ? Driver::Wait::until_next : Driver::Wait::no;
  if (wait == Driver::Wait::until_next) find_deadlock();
  lock.unlock();
  driver().turn(wait);
  lock.lock();
  driver_ = std::thread::id();
}

void WorkerPool::sleep(Lock& lock) {
  ++asleep_;
  find_deadlock();
  submitted_.wait(lock);
  --asleep_;
}

void WorkerPool::drive_always() {
  const Enter enter(*this);
  Lock lock(mutex_);
  driver_ = std::this_thread::get_id();
  while (!closed_) {
    lock.unlock();
    driver().turn(Driver::Wait::until_next);
    lock.lock();
    find_deadlock();  // while it held wakers that it had to wake, it looked as if there was none
  }
}

/// If this was the last thread that ran a task, can any other come?
void WorkerPool::find_deadlock() {
  const std::size_t idle =
      asleep_ + (driven_by_ == DrivenBy::idle_worker && driver_ != std::thread::id());
  if (idle < workers_ || !queue_.empty() || !parker_ || parker_->woken()) return;
  if (driver().timers().next() || may_be_woken(tasks_)) return;
  deadlocked_ = true;
  parker_->wake();
}

void WorkerPool::timer_moved() noexcept {
  Lock lock(mutex_);
  const bool elsewhere = driver_ != std::thread::id() && driver_ != std::this_thread::get_id();
  lock.unlock();
  if (elsewhere) driver().reactor()->wake();
}

bool WorkerPool::run(Parker& until) {
  const Enter enter(*this);
  {
    Lock lock(mutex_);
    parker_ = Ref<Parker>(until);
    find_deadlock();
  }
  until.wait();
  const std::lock_guard lock(mutex_);
  parker_ = {};
  return !deadlocked_;
}

void WorkerPool::join() noexcept {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  submitted_.notify_all();
  driver().reactor()->wake();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::shut_down() noexcept {
  join();
  const Enter enter(*this);
  while (Task* const task = tasks_.newest()) task->cancel();
  blocking().shut_down();
}

}  // namespace runtime
