// What do threads wait with, and how do they begin? Mutexes, condition variables and threads of
// the run, in place of those of the library.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "lab/explore/step.hpp"

namespace explore {

/// An std::mutex whose operations are steps.
class Mutex {
 public:
  Mutex() noexcept { begins(this); }
  ~Mutex() {
    take_turn({this, "end", {}});
    ends(this);
  }
  Mutex(const Mutex&) = delete;

  void lock() noexcept {
    const std::function<bool()> is_free = [this] { return !locked_; };
    take_turn({this, "lock", kMutex, false, &is_free});
    locked_ = true;
  }
  void unlock() noexcept {
    take_turn({this, "unlock", kMutex, false, nullptr, true});
    locked_ = false;
  }

 private:
  static constexpr Place kMutex{"", "mutex", 0};

  bool locked_ = false;
};

/// An std::condition_variable whose operations are steps. Of several that wait, any may be the one
/// that is notified. Never ends a wait without a reason; but a time may be over, see `Step`.
class ConditionVariable {
 public:
  using Lock = std::unique_lock<Mutex>;

  template <class Condition>
  void wait(Lock& lock, Condition condition) {
    while (!condition()) wait(lock, false);
  }
  template <class Duration, class Condition>
  bool wait_for(Lock& lock, Duration, Condition condition) {
    bool in_time = true;
    while (in_time && !condition()) in_time = wait(lock, true);
    return condition();
  }

  void notify_one() noexcept {
    touched_.touch("notify_one", kCondition);
    notify();
  }
  void notify_all() noexcept {
    touched_.touch("notify_all", kCondition);
    for (unsigned i = 0; i < waiting_; ++i) notify();
  }

 private:
  static constexpr Place kCondition{"", "condition", 0};

  /// False if the time was over.
  bool wait(Lock& lock, bool may_time_out) {
    touched_.touch("wait", kCondition);
    ++waiting_;
    const unsigned ticket = came_++;
    lock.unlock();
    touched_.wait_until(
        "wakes up", [&] { return is_notified(ticket); }, may_time_out, kCondition);
    const bool notified = is_notified(ticket);
    --waiting_;
    if (notified) notified_.erase(notification(ticket));
    lock.lock();
    return notified;
  }

  /// For one of those that wait now.
  void notify() {
    if (notified_.size() < waiting_) notified_.push_back(came_);
  }
  std::vector<unsigned>::iterator notification(unsigned ticket) {
    auto found = notified_.begin();
    while (found != notified_.end() && *found <= ticket) ++found;
    return found;
  }
  bool is_notified(unsigned ticket) { return notification(ticket) != notified_.end(); }

  Watched touched_;
  unsigned came_ = 0;     // how often somebody began to wait
  unsigned waiting_ = 0;  // how many do
  // How many had come when somebody was notified: it is for one of those.
  std::vector<unsigned> notified_;
};

/// An std::thread that is one of the run's.
class Thread {
 public:
  using id = std::thread::id;

  template <class Body>
  explicit Thread(Body body) : life_(std::make_shared<Life>()) {
    begin_thread([life = life_, body = std::move(body)]() mutable {
      body();
      life->touched.touch("thread ends");
      life->ended = true;
    });
  }

  void join() {
    life_->touched.wait_until("join", [&] { return life_->ended; });
    life_.reset();
  }

  void detach() { life_.reset(); }

 private:
  struct Life {
    Watched touched;
    bool ended = false;
  };

  std::shared_ptr<Life> life_;
};

}  // namespace explore
