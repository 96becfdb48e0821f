// Which task is to be woken when? A heap of deadlines, the earliest on top.
//
// Thread safety: all of it. Invariants:
//  1. `heap_[i].timer->index_ == i`, and no deadline is before its parent's: so the earliest is
//     found at once, and any other one in the time of its way to the root.
//  2. A timer is in the heap exactly while its `timers_` is set. It takes itself out when it is
//     destroyed.
//  3. Wakers are collected under the mutex, and woken after it is released.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "common/clock.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/waker.hpp"

namespace runtime {

using common::Clock;
using common::Duration;

class Timers;

/// One task's wish to be woken at a time. It stays where it is while it is set.
class Timer {
 public:
  Timer() = default;
  Timer(Timer&&) = delete;
  ~Timer() { cancel(); }

  /// True once the time has come.
  [[nodiscard]] bool fired() const { return state_.load(std::memory_order_acquire) == kFired; }
  [[nodiscard]] bool is_set() const { return state_.load(std::memory_order_acquire) != kUnset; }
  /// Takes it out, if it is set.
  void cancel() noexcept;

 private:
  friend class Timers;
  static constexpr char kUnset = 0;
  static constexpr char kWaiting = 1;
  static constexpr char kFired = 2;

  Timers* timers_ = nullptr;  // guarded by its mutex, but for `cancel`
  Waker waker_;               // the same
  std::uint32_t index_ = 0;   // the same
  std::atomic<char> state_ = kUnset;
};

/// All timers of one runtime, and its clock, which may be a virtual one: that stands still until
/// there is nothing to do, and then jumps to the next deadline.
class Timers {
 public:
  explicit Timers(bool virtual_clock) : virtual_(virtual_clock) {}
  /// Those that are still set never fire.
  ~Timers();
  Timers(Timers&&) = delete;

  [[nodiscard]] Clock::time_point now() const;

  /// Has `waker` woken at `deadline`. Returns true if no deadline is before this one: then a thread
  /// that sleeps until an earlier look at `next` would oversleep. REQUIRES: `timer` is not set.
  /// Errors: std::bad_alloc.
  bool set(Timer& timer, Clock::time_point deadline, Waker waker);
  /// Sees to it that a timer that was set wakes `context`'s task. False if it has fired.
  bool change_waker(Timer& timer, const Context& context);

  /// The earliest deadline; none if no timer is set.
  [[nodiscard]] std::optional<Clock::time_point> next() const;

  /// Wakes those whose time has come. Returns how many.
  std::size_t fire();

  /// With a virtual clock, and a timer set: it is now the time of the earliest one. True if so.
  bool jump();

 private:
  friend class Timer;
  struct Item {
    Clock::time_point deadline;
    Timer* timer;
  };

  void place(std::size_t index, Item item);
  void rise(std::size_t index, Item item);
  void sink(std::size_t index, Item item);
  Waker erase(Timer& timer);
  std::size_t take_due(Clock::time_point until, std::span<Waker> to_wake);

  const bool virtual_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<Item> heap_;
  Clock::time_point virtual_now_{};
};

}  // namespace runtime
