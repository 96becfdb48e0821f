#include "runtime/task/task.hpp"

#include <atomic>
#include <string>

#include "common/report.hpp"
#include "runtime/task/task_list.hpp"

namespace runtime {

/// Makes `step`, which is the task's last moment in the queue, and what follows from it.
template <class Step>
void Task::run_after(Step step) noexcept {
  Trace* const trace = scheduler_->trace();
  const auto start = trace == nullptr ? step() : trace->poll_begins(*this, step);
  Polled result = Polled::aborted;
  if (start == TaskState::Start::cancel) {
    drop_future();
  } else {
    Context context(*this);
    result = poll_future(context);
  }
  if (trace != nullptr) trace->poll_ends(*this, result);
  if (result == Polled::waits) {
    if (state_.stop() == TaskState::Next::submit) scheduler_->submit(*this);
    return;
  }
  state_.complete();
  scheduler_->remove(*this);
  release();  // the scheduler's reference
}

void Task::run() noexcept {
  run_after([this] { return state_.start(); });
}

void Task::cancel() noexcept {
  run_after([this] { return state_.seize(); });
}

std::uint64_t Task::wakers() noexcept {
  const std::lock_guard lock(mutex_);
  return state_.references() - (has_handle_ ? 2 : 1);
}

bool Task::is_joined_within() noexcept {
  const std::lock_guard lock(mutex_);
  if (!joiner_ || joiner_.target()->scheduler() != scheduler_.get()) return false;
  return !static_cast<const Task*>(joiner_.target())->state_.is_done();
}

Waker Task::take_joiner() noexcept {
  if (joiner_ && joiner_.target()->scheduler() == scheduler_.get()) scheduler_->join_ends();
  return std::exchange(joiner_, Waker());
}

Waker Task::store_joiner(Context& context) {
  if (context.is_stored_in(joiner_)) return Waker();
  Waker old = take_joiner();
  joiner_ = context.waker();
  if (joiner_.target()->scheduler() == scheduler_.get()) scheduler_->join_begins();
  return old;
}

bool Scheduler::may_be_woken(const List<Task>& tasks) const noexcept {
  std::uint64_t wakers = 0;
  for (Task* task = tasks.newest(); task != nullptr; task = task->older) {
    wakers += task->wakers();
    if (wakers > joins_.load(std::memory_order_relaxed)) return true;
  }
  // `joins_` is too high where a task has ended that had polled a JoinHandle which outlives it. So
  // the last word has a count: here it may take its time.
  std::uint64_t joins = 0;
  for (Task* task = tasks.newest(); task != nullptr; task = task->older) {
    joins += task->is_joined_within() ? 1 : 0;
  }
  return wakers > joins;
}

void report_lost_error(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const Aborted&) {
    return;
  } catch (const std::exception& exception) {
    common::print_line(std::string("a task that nobody joins has failed: ") + exception.what());
  } catch (...) {
    common::print_line("a task that nobody joins has failed");
  }
}

}  // namespace runtime
