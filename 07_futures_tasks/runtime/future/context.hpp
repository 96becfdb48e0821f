// What does a future get to know when it is polled? Whom to wake, and how much it may do.
#pragma once

#include "runtime/future/waker.hpp"

namespace runtime {

/// Lives for one poll of one task. Like Rust's `std::task::Context`.
class Context {
 public:
  /// How many reads, writes and the like one poll of a task may do. Tokio calls this cooperative
  /// budgeting.
  static constexpr int kBudget = 32;

  explicit Context(Wakeable& task) : task_(&task), budget_(own_budget_) {}
  /// For a future that polls others with wakers of their own: what they do is done in one poll of
  /// the task, and so they share its budget.
  Context(Wakeable& inner, Context& outer) : task_(&inner), budget_(outer.budget_) {}
  Context(Context&&) = delete;

  /// A new waker for the task that is being polled.
  [[nodiscard]] Waker waker() const { return Waker(*task_); }

  /// True if `slot` wakes this task already.
  [[nodiscard]] bool is_stored_in(const Waker& slot) const { return slot.will_wake(*task_); }
  /// True if `target` is this task.
  [[nodiscard]] bool is_for(const Wakeable* target) const { return target == task_; }

  /// Wakes the task that is being polled: it will be polled again when others had their turn.
  void wake_self() const noexcept { task_->wake(); }

  /// To be asked before each operation that may be ready time and again: false when it is the
  /// others' turn. The task has then been woken for later, and the future returns pending.
  [[nodiscard]] bool spend() noexcept {
    if (budget_ > 0) {
      --budget_;
      return true;
    }
    wake_self();
    return false;
  }

  /// True when nothing is left to spend in this poll: who comes next is cut off.
  [[nodiscard]] bool is_spent() const noexcept { return budget_ == 0; }

  /// How many operations were ready in this poll so far.
  [[nodiscard]] int spent() const noexcept { return kBudget - budget_; }

  /// For after `spend`: nothing was ready. What only waits costs nothing, or else a task that waits
  /// for more things than it has budget would never ask the last ones.
  void take_back() noexcept { ++budget_; }

 private:
  Wakeable* task_;
  int own_budget_ = kBudget;
  int& budget_;  // its own, or that of the outermost
};

}  // namespace runtime
