// What is a task? A future on the heap, with a state, a scheduler, and a place for its output.
//
// Thread safety: `wake`, `abort` and the references are for any thread. The future is touched by
// one thread at a time, the one that has made the state `running`.
//
// Invariants:
//  1. The future is destroyed before the output is stored, and the output is stored before the
//     joiner is woken: who has joined a task knows that its destructors have run.
//  2. The output, the joiner's waker, and whether a JoinHandle exists are guarded by one mutex.
//  3. Nothing is destroyed or woken under that mutex.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>

#include "runtime/future/future.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/future/waker.hpp"
#include "runtime/task/scheduler.hpp"
#include "runtime/task/small_mutex.hpp"
#include "runtime/task/task_state.hpp"
#include "runtime/trace/trace.hpp"

namespace runtime {

/// What a task is to its scheduler.
class Task : public Wakeable {
 public:
  explicit Task(Scheduler& scheduler) : scheduler_(scheduler) {}
  virtual ~Task() = default;
  Task(Task&&) = delete;

  void wake() noexcept final {
    schedule([this] { return state_.wake(); });
  }
  void add_ref() noexcept final { state_.add_ref(); }
  void release() noexcept final {
    if (state_.release()) delete this;
  }
  [[nodiscard]] const Scheduler* scheduler() const noexcept final { return scheduler_.get(); }

  /// Has the future destroyed, by the scheduler, unless the task is done before.
  void abort() noexcept {
    schedule([this] { return state_.abort(); });
  }

  // For the scheduler:

  /// Polls the future once, or destroys it if the task was aborted. REQUIRES: out of the queue.
  void run() noexcept;
  /// Destroys the future without another poll. REQUIRES: as `TaskState::seize`.
  void cancel() noexcept;
  /// How many wakers name this task.
  [[nodiscard]] std::uint64_t wakers() noexcept;
  /// True if another task of the scheduler, which is not done, waits for this one.
  [[nodiscard]] bool is_joined_within() noexcept;

  Task* next_scheduled = nullptr;
  Task* older = nullptr;
  Task* newer = nullptr;

 protected:
  /// Polls the future. When that ends it, destroys it and calls `finish`.
  virtual Polled poll_future(Context& context) noexcept = 0;
  /// Destroys the future and calls `finish`.
  virtual void drop_future() noexcept = 0;

  /// Stores the output, by `store` under the mutex, and wakes who waits for it.
  template <class Store>
  void finish(Store store) noexcept {
    Waker joiner;
    {
      const std::lock_guard lock(mutex_);
      store();
      joiner = take_joiner();
    }
    joiner.wake();
  }

  /// Empties the joiner's slot. REQUIRES: the mutex is held.
  Waker take_joiner() noexcept;
  /// Makes the joiner's waker one for `context`'s task, and returns the old one, which must be
  /// dropped without the mutex. REQUIRES: the mutex is held.
  Waker store_joiner(Context& context);

  SmallMutex mutex_;
  bool has_handle_ = true;

 private:
  /// Makes `step`, a wake of whatever kind, and does what it says. A trace notes it.
  template <class Step>
  void schedule(Step step) noexcept {
    Trace* const trace = scheduler_->trace();
    const auto next = trace == nullptr ? step() : trace->woken(*this, step);
    if (next == TaskState::Next::submit) scheduler_->submit(*this);
  }
  template <class Step>
  void run_after(Step step) noexcept;

  TaskState state_;
  const Ref<Scheduler> scheduler_;
  Waker joiner_;
};

/// What it failed with when it was aborted.
class Aborted : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "the task was aborted"; }
};

/// Says on standard error that a task has failed and nobody will join it.
void report_lost_error(const std::exception_ptr& error) noexcept;

/// A task that results in a T, whatever its future is.
template <class T>
class TaskOf : public Task {
 public:
  using Task::Task;

  // For its JoinHandle, in this order:

  /// True when the output is there: the handle's time is over. Otherwise `context`'s task will be
  /// woken.
  bool poll_done(Context& context) {
    Waker dropped;
    const std::lock_guard lock(mutex_);
    has_handle_ = output_.index() == 0;
    if (has_handle_) dropped = store_joiner(context);
    return !has_handle_;
  }

  /// What the future resulted in; throws what it failed with, or `Aborted`. Nobody else touches the
  /// output any more.
  Poll<T> take_output() {
    if (auto* error = std::get_if<2>(&output_)) std::rethrow_exception(std::move(*error));
    return std::get<1>(std::move(output_));
  }

  /// The JoinHandle is gone: the output has no reader, and an error goes to standard error.
  void detach() noexcept {
    Waker dropped;
    Output output;
    {
      const std::lock_guard lock(mutex_);
      has_handle_ = false;
      dropped = take_joiner();
      output = std::exchange(output_, Output());
    }
    report(output);
    release();
  }

 protected:
  void store(Stored<T> value) noexcept {
    store_output(Output(std::in_place_index<1>, std::move(value)));
  }
  void store_error(std::exception_ptr error) noexcept {
    store_output(Output(std::in_place_index<2>, std::move(error)));
  }

 private:
  using Output = std::variant<std::monostate, Stored<T>, std::exception_ptr>;

  void store_output(Output output) noexcept {
    finish([&] {
      if (has_handle_) std::swap(output_, output);
    });
    report(output);
  }

  /// An error that nobody will get. `Aborted` is none: somebody wanted that.
  static void report(const Output& output) noexcept {
    if (const auto* error = std::get_if<2>(&output)) report_lost_error(*error);
  }

  Output output_;
};

/// A task and its future. What `spawn` makes.
template <Future F>
class FutureTask final : public TaskOf<OutputOf<F>> {
 public:
  FutureTask(Scheduler& scheduler, F future)
      : TaskOf<OutputOf<F>>(scheduler), future_(std::move(future)) {}
  // The future was destroyed when the task was done, and no task is deleted before.
  ~FutureTask() override {}

 private:
  Polled poll_future(Context& context) noexcept override {
    try {
      auto result = future_.poll(context);
      if (!result.is_ready()) return Polled::waits;
      end_with(std::move(result).stored());
      return Polled::ready;
    } catch (...) {
      std::destroy_at(&future_);
      this->store_error(std::current_exception());
      return Polled::failed;
    }
  }

  void end_with(Stored<OutputOf<F>> value) noexcept {
    std::destroy_at(&future_);
    this->store(std::move(value));
  }

  void drop_future() noexcept override {
    std::destroy_at(&future_);
    this->store_error(std::make_exception_ptr(Aborted()));
  }

  union {
    F future_;  // its end is not the task's: see invariant 1
  };
};

}  // namespace runtime
