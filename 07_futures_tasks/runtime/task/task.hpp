// What is a task? A future on the heap, with a state, a scheduler, and a place for its output.
//
// Thread safety: `wake`, `abort` and the references are for any thread. The future is touched by
// one thread at a time, the one that has made the state `running`.
//
// Invariants:
//  1. The future is destroyed before the output is stored, and the output is stored before the
//     joiner is woken: who has joined a task knows that its destructors have run.
//  2. The output is made once, and destroyed once: by the JoinHandle, or, where the state says that
//     there is none any more, by the task.
//  3. No lock is held while a future is polled or destroyed, or an output moved.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

#include "runtime/future/future.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/future/waker.hpp"
#include "runtime/task/scheduler.hpp"
#include "runtime/task/task_state.hpp"

namespace runtime {

/// What a task is to its scheduler, and, as far as its output is no matter, to its JoinHandle.
class Task : public Wakeable {
 public:
  explicit Task(Scheduler& scheduler) : scheduler_(scheduler) {}
  virtual ~Task() { static_cast<void>(take_joiner()); }
  Task(Task&&) = delete;

  void wake() noexcept final;
  void wake_and_release() noexcept final;
  void add_ref() noexcept final { state_.add_ref(); }
  void release() noexcept final;

  /// Has the future destroyed, by the scheduler, unless the task is done before.
  void abort() noexcept;

  // For the scheduler:

  /// Polls the future once, or destroys it if the task was aborted. Takes over the run's reference.
  /// REQUIRES: out of the queue.
  void run() noexcept;
  /// Destroys the future without another poll. REQUIRES: as `TaskState::seize`, and not out of a
  /// queue.
  void cancel() noexcept;
  /// The same for one that is out of a queue, or was to go there. Takes over the run's reference.
  void cancel_scheduled() noexcept;

  /// For who looks for a deadlock: how many wakers name this task, which waits; and who waits for
  /// it, to be compared.
  [[nodiscard]] std::uint64_t wakers() const noexcept { return state_.wakers(); }
  [[nodiscard]] const Wakeable* joiner() const noexcept {
    return joiner_.load(std::memory_order_relaxed);
  }

  // For the JoinHandle:

  /// True when the output is there. Otherwise `context`'s task will be woken.
  bool poll_done(Context& context);
  /// The handle goes, and its reference; and the output, if it is there.
  void drop_handle() noexcept;

  Task* next_scheduled = nullptr;
  Task* older = this;  // as long as it is in no list
  Task* newer = nullptr;

 protected:
  /// Polls the future. When that ends it, destroys it and stores the output.
  virtual Polled poll_future(Context& context) noexcept = 0;
  /// Destroys the future; the output is `Aborted`.
  virtual void drop_future() noexcept = 0;
  /// Destroys the output, which nobody has taken. An error is a line on standard error.
  virtual void drop_output() noexcept = 0;

 private:
  template <class Step>
  auto observe(void (Observer::*tell)(const Task&), Step step) noexcept;
  void follow(TaskState::Next next) noexcept;
  Waker take_joiner() noexcept;
  void poll_or_drop(TaskState::Start start, std::uint64_t references) noexcept;

  TaskState state_;
  const Ref<Scheduler> scheduler_;
  // A waker. TaskState says whose it is to touch; atomic for who looks on.
  std::atomic<Wakeable*> joiner_ = nullptr;
};

/// What it failed with when it was aborted.
class Aborted : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "the task was aborted"; }
};

/// Says on standard error that a task has failed and nobody will join it. `Aborted` is no failure:
/// somebody wanted that.
void report_lost_error(const std::exception_ptr& error) noexcept;

/// A task that results in a T, whatever its future is.
template <class T>
class TaskOf : public Task {
  static_assert(std::is_nothrow_move_constructible_v<Stored<T>>,
                "a task's output is moved when nobody is there yet who could catch anything");

 public:
  using Output = std::variant<Stored<T>, std::exception_ptr>;

  using Task::Task;

  /// What the future resulted in; throws what it failed with, or `Aborted`. REQUIRES: `poll_done`
  /// was true.
  Poll<T> take_output() {
    Output taken = std::move(output());
    std::destroy_at(&output());
    if (auto* error = std::get_if<1>(&taken)) std::rethrow_exception(std::move(*error));
    return std::get<0>(std::move(taken));
  }

 protected:
  virtual Output& output() noexcept = 0;

  void drop_output() noexcept final {
    if (const auto* error = std::get_if<1>(&output())) report_lost_error(*error);
    std::destroy_at(&output());
  }
};

/// A task and its future. What `spawn` makes.
template <Future F>
class FutureTask final : public TaskOf<OutputOf<F>> {
  using Output = typename TaskOf<OutputOf<F>>::Output;

 public:
  FutureTask(Scheduler& scheduler, F future)
      : TaskOf<OutputOf<F>>(scheduler), future_(std::move(future)) {}
  // The future was destroyed when the task was done, and then the output: see the invariants.
  ~FutureTask() override {}

 private:
  Polled poll_future(Context& context) noexcept override {
    try {
      auto result = future_.poll(context);
      if (!result.is_ready()) return Polled::waits;
      end_with(std::in_place_index<0>, std::move(result).stored());
      return Polled::ready;
    } catch (...) {
      end_with(std::in_place_index<1>, std::current_exception());
      return Polled::failed;
    }
  }

  void drop_future() noexcept override {
    end_with(std::in_place_index<1>, std::make_exception_ptr(Aborted()));
  }

  template <class Index, class Value>
  void end_with(Index index, Value value) noexcept {
    std::destroy_at(&future_);
    std::construct_at(&output_, index, std::move(value));
  }

  Output& output() noexcept override { return output_; }

  union {
    F future_;       // until it ends, which is before the task does
    Output output_;  // from then on, until somebody has taken it
  };
};

}  // namespace runtime
