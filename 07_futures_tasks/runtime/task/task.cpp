#include "runtime/task/task.hpp"

#include <mutex>
#include <string>

#include "common/report.hpp"

namespace runtime {

/// Makes `step`, a step of the state, under the eyes of the observer if there is one.
template <class Step>
auto Task::observe(void (Observer::*tell)(const Task&), Step step) noexcept {
  if (scheduler_->observer() == nullptr) return step();
  const Ref<Observer> observer(*scheduler_->observer());  // the step may be this task's last
  const std::lock_guard lock(observer->mutex());
  ((*observer).*tell)(*this);
  return step();
}

/// What a wake, of whatever kind, is followed by.
void Task::follow(TaskState::Next next) noexcept {
  if (next == TaskState::Next::submit) scheduler_->submit(*this, false);
  if (next == TaskState::Next::destroy) delete this;
}

void Task::wake() noexcept {
  follow(observe(&Observer::woken, [this] { return state_.wake(); }));
}

void Task::wake_and_release() noexcept {
  follow(observe(&Observer::woken, [this] { return state_.wake_and_release(); }));
}

void Task::release() noexcept {
  if (state_.release()) delete this;
}

void Task::abort() noexcept {
  follow(observe(&Observer::woken, [this] { return state_.abort(); }));
}

/// A poll, or what an aborted task has in its place. `references` are to be dropped at the end.
inline void Task::poll_or_drop(TaskState::Start start, std::uint64_t references) noexcept {
  Polled result = Polled::aborted;
  Context context(*this);
  if (start == TaskState::Start::cancel) {
    drop_future();
  } else {
    result = poll_future(context);
  }
  Observer* const observer = scheduler_->observer();
  if (result == Polled::waits) {
    if (observer != nullptr) observer->poll_ends(*this, result, context.spent());
    if (state_.stop() == TaskState::Next::submit) scheduler_->submit(*this, true);
    return;
  }
  const auto end = state_.complete();
  if (!end.has_handle) drop_output();
  if (end.has_joiner) take_joiner().wake();
  if (observer != nullptr) observer->poll_ends(*this, result, context.spent());
  scheduler_->remove(*this);
  if (state_.release(references)) delete this;
}

void Task::run() noexcept {
  const auto start = observe(&Observer::poll_begins, [this] { return state_.start(); });
  poll_or_drop(start, 2);  // the run's, and the scheduler's
}

void Task::cancel() noexcept {
  poll_or_drop(observe(&Observer::poll_begins, [this] { return state_.seize(); }), 1);
}

void Task::cancel_scheduled() noexcept {
  poll_or_drop(observe(&Observer::poll_begins, [this] { return state_.seize(); }), 2);
}

bool Task::poll_done(Context& context) {
  if (state_.is_done()) return true;
  if (state_.has_joiner()) {
    if (context.is_for(joiner())) return false;
    if (!state_.take_back_joiner()) return true;
  }
  const Waker dropped = take_joiner();
  joiner_.store(context.waker().leak(), std::memory_order_relaxed);
  return !state_.set_joiner();
}

void Task::drop_handle() noexcept {
  // Of one that waited no waker is to stay behind: it would keep the joiner, and look like hope to
  // who searches for a deadlock.
  if (state_.has_joiner() && state_.take_back_joiner()) static_cast<void>(take_joiner());
  if (state_.drop_handle()) drop_output();
  release();
}

/// Relaxed: whose the place is at this moment, the state has said.
Waker Task::take_joiner() noexcept {
  Waker joiner = Waker::adopt(joiner_.load(std::memory_order_relaxed));
  joiner_.store(nullptr, std::memory_order_relaxed);
  return joiner;
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
