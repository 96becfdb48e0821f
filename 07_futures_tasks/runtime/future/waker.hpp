// How does whoever has the news reach the task that waits for it? With its waker.
#pragma once

#include <utility>

#include "runtime/future/ref.hpp"

namespace runtime {

/// What a waker wakes: a task, most of the time. Thread safety: all of it, from any thread.
class Wakeable {
 public:
  /// Sees to it that what waits is polled again. Must not poll it itself.
  virtual void wake() noexcept = 0;
  virtual void add_ref() noexcept = 0;
  virtual void release() noexcept = 0;
  /// The same as both, in one step for those who can.
  virtual void wake_and_release() noexcept {
    wake();
    release();
  }

 protected:
  ~Wakeable() = default;
};

/// A right to wake one task. It names the task, and never a coroutine: so a wake that comes late,
/// twice, or after the task's end does no harm. It may be copied, kept and used on any thread. Like
/// Rust's `std::task::Waker`.
class Waker {
 public:
  /// Wakes nobody.
  Waker() = default;
  explicit Waker(Wakeable& target) : target_(target) {}
  /// Takes over a reference that the caller has; or wakes nobody, for nullptr.
  static Waker adopt(Wakeable* target) {
    Waker waker;
    waker.target_ = Ref<Wakeable>::adopt(target);
    return waker;
  }

  /// Has the task polled again, soon, on a thread of its executor. Several wakes before that poll
  /// are one. The task's next poll sees everything that was written before the wake.
  void wake() const& noexcept {
    if (target_) target_->wake();
  }
  /// The same, for a waker that is not needed any more.
  void wake() && noexcept {
    if (Wakeable* const target = target_.leak()) target->wake_and_release();
  }

  [[nodiscard]] bool will_wake(const Wakeable& target) const { return target_.get() == &target; }
  [[nodiscard]] const Wakeable* target() const { return target_.get(); }
  /// Gives up the reference, for `adopt`.
  [[nodiscard]] Wakeable* leak() && noexcept { return target_.leak(); }
  explicit operator bool() const { return static_cast<bool>(target_); }

 private:
  Ref<Wakeable> target_;
};

/// Wakes at the end of its scope. Declared before a lock, it wakes when the lock is released, as it
/// must be: who is woken may want the same lock.
class WakeAtEnd {
 public:
  WakeAtEnd() = default;
  WakeAtEnd(WakeAtEnd&&) = delete;
  ~WakeAtEnd() { std::move(waker_).wake(); }

  /// REQUIRES: it has none yet, or one that wakes nobody.
  WakeAtEnd& operator=(Waker waker) noexcept {
    waker_ = std::move(waker);
    return *this;
  }

 private:
  Waker waker_;
};

}  // namespace runtime
