#include "runtime/executor/worker_pool.hpp"

#include <cstdint>
#include <system_error>
#include <utility>

#include "common/error.hpp"
#include "runtime/executor/deadlock.hpp"
#include "runtime/executor/driver.hpp"

namespace runtime {

/// A thread that runs tasks of a pool.
struct WorkerPool::Worker {
  const WorkerPool* pool;
  bool runs_task = false;
  Task* next = nullptr;  // woken by the task that runs
};

namespace {

thread_local WorkerPool::Worker* this_worker = nullptr;

}  // namespace

WorkerPool::WorkerPool(std::size_t workers, DrivenBy driven_by, const Ref<Observer>& observer,
                       std::unique_ptr<Selector> selector)
    : Executor(false, observer, std::move(selector)), workers_(workers), driven_by_(driven_by) {
  try {
    for (std::size_t i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
    if (driven_by == DrivenBy::background_thread) {
      threads_.emplace_back([this] { drive_in_background(); });
    }
  } catch (const std::system_error& error) {
    join();
    common::throw_error(error.code().value(), "thread");  // its own text does not say what failed
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
  if (closed_) {
    lock.unlock();
    task.cancel_scheduled();
    return;
  }
  tasks_.insert(task);
  lock.unlock();
  submit(task, false);
}

void WorkerPool::submit(Task& task, bool yields) noexcept {
  Task* to_queue = &task;
  Worker* const worker = this_worker;
  const bool is_own = worker != nullptr && worker->pool == this;
  if (!yields && is_own && worker->runs_task) {
    to_queue = std::exchange(worker->next, &task);  // who was to be next has to wait
  }
  if (to_queue == nullptr) return;
  // Once it is in the queue, the task may end, and all may be over, but for this pool's own
  // threads.
  const Ref<Executor> keep = is_own ? Ref<Executor>() : Ref<Executor>(*this);
  push(*to_queue);
}

void WorkerPool::push(Task& task) noexcept {
  Lock lock(mutex_);
  if (closed_) {
    lock.unlock();
    task.release();
    return;
  }
  queue_.push(task);
  wake_one(lock);
}

void WorkerPool::remove(Task& task) noexcept {
  const std::lock_guard lock(mutex_);
  tasks_.erase(task);
}

/// Something is in the queue: sees to it that somebody looks there. Releases the lock.
void WorkerPool::wake_one(Lock& lock) {
  // A worker that is in the driver will look at the queue next, and passes on what is too much.
  const bool driver_looks = driven_by_ == DrivenBy::idle_worker && driver_ != std::thread::id();
  const bool is_driver = driver_looks && driver_ == std::this_thread::get_id();
  const bool wake_worker = asleep_ > 0 && !is_driver;
  if (wake_worker) {
    --asleep_;
    ++wakes_;
  }
  lock.unlock();
  if (wake_worker) {
    woken_.notify_one();
  } else if (driver_looks && !is_driver) {
    driver().reactor()->wake();
  }
}

void WorkerPool::work() {
  const Enter enter(*this);
  Worker worker{this};
  this_worker = &worker;
  Lock lock(mutex_);
  int since_turn = 0;
  while (!closed_) {
    if (Task* const task = since_turn < kTasksPerTurn ? queue_.pop() : nullptr) {
      // While this one runs a task, somebody is to hear the kernel.
      const bool seat_is_free = driver_ == std::thread::id() && !watched_;
      if (!queue_.empty() || (seat_is_free && driven_by_ == DrivenBy::idle_worker)) {
        wake_one(lock);
      } else {
        lock.unlock();
      }
      since_turn += run_tasks(task, worker);
      lock.lock();
      continue;
    }
    since_turn = 0;
    if (driver_ == std::thread::id() && driven_by_ == DrivenBy::idle_worker) {
      drive(lock);
    } else if (queue_.empty()) {
      sleep(lock);
    }
  }
}

/// Runs `task`, then what that has woken, and so on; returns how many that were. What is left is
/// put into the queue, where this thread looks next.
int WorkerPool::run_tasks(Task* task, Worker& worker) {
  int count = 0;
  for (; count < kInARow && task != nullptr; ++count) {
    worker.runs_task = true;
    task->run();
    worker.runs_task = false;
    task = std::exchange(worker.next, nullptr);
  }
  if (task != nullptr) {
    const std::lock_guard lock(mutex_);
    queue_.push(*task);
  }
  return count;
}

/// Without limit, where something may come that no task waits for.
Driver::Wait WorkerPool::how_to_wait() {
  hopes_ = has_looked_ || blocking_calls > 0 || driver().reactor()->watches();
  return hopes_ ? Driver::Wait::until_next : Driver::Wait::briefly;
}

void WorkerPool::drive(Lock& lock) {
  driver_ = std::this_thread::get_id();
  const auto wait = queue_.empty() ? how_to_wait() : Driver::Wait::no;
  lock.unlock();
  const bool something = driver().turn(wait, false);
  lock.lock();
  driver_ = std::thread::id();
  if (something) {
    has_looked_ = false;
  } else if (wait == Driver::Wait::briefly) {
    find_deadlock();
  }
}

void WorkerPool::drive_in_background() {
  const Enter enter(*this);
  Lock lock(mutex_);
  driver_ = std::this_thread::get_id();
  while (!closed_) {
    const auto wait = how_to_wait();
    lock.unlock();
    const bool something = driver().turn(wait, false);
    lock.lock();
    if (something) {
      has_looked_ = false;
    } else if (wait == Driver::Wait::briefly) {
      find_deadlock();
    }
  }
}

void WorkerPool::sleep(Lock& lock) {
  ++asleep_;
  if (hopes_ && all_others_sleep()) {
    has_looked_ = false;  // tasks have run since the driver began to wait
    if (how_to_wait() == Driver::Wait::briefly) driver().reactor()->wake();
  }
  if (!watched_ && driven_by_ == DrivenBy::idle_worker) {
    keep_watch(lock);
    return;
  }
  woken_.wait(lock, [&] { return wakes_ > 0 || closed_; });
  if (wakes_ > 0) --wakes_;
}

/// Sleeps, but looks now and then whether somebody is in the driver. Where that is so, and nothing
/// happens, that may wait until something does.
void WorkerPool::keep_watch(Lock& lock) {
  watched_ = true;
  const std::uint64_t turns = driver().reactor()->turns();
  const auto is_woken = [&] { return wakes_ > 0 || closed_; };
  bool woken = woken_.wait_for(lock, kWatch, is_woken);
  watched_ = false;
  if (!woken && driver_ != std::thread::id() && driver().reactor()->turns() == turns) {
    woken_.wait(lock, is_woken);
    woken = true;
  }
  if (woken && wakes_ > 0) {
    --wakes_;
  } else if (!woken) {
    --asleep_;
  }
}

/// True if nobody but the driver could be at a task.
bool WorkerPool::all_others_sleep() const {
  return asleep_ == (driven_by_ == DrivenBy::idle_worker ? workers_ - 1 : workers_);
}

/// The driver has waited for a while, and heard nothing. If it was the last thread that ran a task,
/// can any other come?
void WorkerPool::find_deadlock() {
  if (!all_others_sleep() || !queue_.empty() || driver().timers().next()) return;
  if (!parker_) return;  // nobody waits for it yet: it is looked for again
  has_looked_ = true;
  if (parker_->woken() || blocking_calls > 0) return;
  if (may_be_woken(tasks_) || has_handle) return;
  deadlocked_ = true;
  parker_->wake();
}

void WorkerPool::wake_driver() noexcept {
  Lock lock(mutex_);
  const bool elsewhere = driver_ != std::thread::id() && driver_ != std::this_thread::get_id();
  lock.unlock();
  if (elsewhere) driver().reactor()->wake();
}

bool WorkerPool::run(Parker& until) {
  {
    const std::lock_guard lock(mutex_);
    parker_ = Ref<Parker>(until);
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
  woken_.notify_all();
  driver().reactor()->wake();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::shut_down() noexcept {
  join();
  // Nobody else is left who could put something into the queue, or take it out.
  while (Task* const task = queue_.pop()) task->cancel_scheduled();
  while (Task* const task = tasks_.newest()) task->cancel();
  close();
}

}  // namespace runtime
