// What do scenarios share? Futures that notice who touches them, and threads that are woken.
#pragma once

#include <memory>
#include <utility>

#include "lab/explore/schedule_points.hpp"
#include "runtime/future/atomic_waker.hpp"
#include "runtime/future/future.hpp"

namespace explore {

using runtime::Context;
using runtime::Waker;

/// A part of a future: to poll that is a step, to destroy it another one, and neither may come
/// while another thread polls it, or after its end.
class Touched {
 public:
  class Poll {
   public:
    explicit Poll(Touched& touched) : touched_(touched) { touched_.begin(); }
    ~Poll() { touched_.end(); }
    Poll(Poll&&) = delete;

   private:
    Touched& touched_;
  };

  Touched() : parts_(std::make_unique<Parts>()) {}
  Touched(Touched&&) noexcept = default;
  ~Touched() {
    if (parts_) require(!parts_->polled, "destroyed while it is polled");
  }

  [[nodiscard]] Poll poll() { return Poll(*this); }

 private:
  struct Parts {
    Watched watched;
    bool polled = false;
  };

  void begin() {
    parts_->watched.touch("poll");
    require(!std::exchange(parts_->polled, true), "polled by two threads at once");
  }
  void end() {
    parts_->watched.touch("poll ends");
    parts_->polled = false;
  }

  std::unique_ptr<Parts> parts_;
};

/// News that one task waits for.
class News {
 public:
  /// True when they are there; otherwise `context`'s task will be woken.
  bool poll(Context& context) {
    if (there_.load()) return true;
    Waker dropped = place_.store(context);
    if (!there_.load()) return false;
    dropped = place_.take();  // or it would count as hope
    return true;
  }
  /// The waker goes with the wake.
  void come() {
    there_.store(true);
    place_.take().wake();
  }

 private:
  Atomic<bool> there_ = false;
  runtime::AtomicWaker place_;
};

/// A thread instead of a task: woken, it polls again. It outlives its wakers, and says so.
class Sleeper final : public runtime::Wakeable {
 public:
  Sleeper() = default;
  Sleeper(Sleeper&&) = delete;
  ~Sleeper() { require(wakers_ == 0, "a waker was never dropped"); }

  void wake() noexcept override {
    touched_.touch("wake");
    woken_ = true;
  }
  // Only one thread is ever awake: these need no atomic.
  void add_ref() noexcept override { ++wakers_; }
  void release() noexcept override { --wakers_; }

  /// Polls `future` until it is ready; sleeps in between. Without a wake it sleeps for ever.
  template <runtime::Future F>
  auto run(F& future) {
    for (;;) {
      runtime::Context context(*this);
      auto result = future.poll(context);
      if (result.is_ready()) return result;
      touched_.wait_until("sleep", [this] { return woken_; });
      woken_ = false;
    }
  }

 private:
  Watched touched_;
  bool woken_ = false;
  int wakers_ = 0;
};

}  // namespace explore
