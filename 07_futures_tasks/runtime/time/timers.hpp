// Which task is to be woken when? A heap of deadlines, the earliest on top.
//
// Thread safety: Timers, all of it. A Timer is for one thread at a time; another one may fire it.
//
// Invariants:
//  1. `heap_[i].timer->place_ == i`, and none is before its parent: so the first is found at once,
//     and any other one in the time of its way to the root.
//  2. `earliest_` is the deadline on top. A turn with nothing due takes no mutex, and one with no
//     timer does not even look at the clock.
//  3. A timer keeps its Timers: it may be destroyed while the runtime ends, or after that.
//  4. Wakers are taken out under the mutex, and woken or dropped after it is released.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "common/clock.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/future/waker.hpp"
#include "runtime/task/small_mutex.hpp"

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
  [[nodiscard]] bool fired() const { return place_.load(std::memory_order_acquire) == kFired; }
  /// True from `Timers::set` until it fires, is cancelled, or its runtime ends.
  [[nodiscard]] bool waits() const { return place_.load(std::memory_order_acquire) < kFired; }
  /// Takes it out, if it waits; it may be set anew.
  void cancel() noexcept;

 private:
  friend class Timers;
  static constexpr std::uint32_t kFired = std::numeric_limits<std::uint32_t>::max() - 1;
  static constexpr std::uint32_t kUnset = kFired + 1;

  Ref<Timers> timers_;                         // those that it was last set in
  Waker waker_;                                // guarded by their mutex
  std::uint32_t sequence_ = 0;                 // the same
  std::atomic<std::uint32_t> place_ = kUnset;  // in the heap, guarded likewise; or one of the above
};

/// All timers of one runtime, and its clock, which may be a virtual one: that stands still until
/// there is nothing to do, and then jumps to the next deadline.
class Timers final : public RefCounted {
 public:
  explicit Timers(bool virtual_clock) : virtual_(virtual_clock) {}

  [[nodiscard]] Clock::time_point now() const;

  /// Has `waker` woken at `deadline`; of those with equal deadlines, who was set first is woken
  /// first. Returns true if this one is now the first of all: then a thread that sleeps until an
  /// earlier look at `next` would oversleep. REQUIRES: `timer` does not wait. Errors:
  /// std::bad_alloc.
  bool set(Timer& timer, Clock::time_point deadline, Waker waker);
  /// Sees to it that a timer that was set wakes `context`'s task. False if it has fired. Throws
  /// `WrongRuntime` if it waits in others than these.
  bool change_waker(Timer& timer, const Context& context);

  /// The earliest deadline; none if no timer is set.
  [[nodiscard]] std::optional<Clock::time_point> next() const;

  /// Wakes those whose time has come. Returns how many.
  std::size_t fire();

  /// With a virtual clock, and a timer set: it is now the time of the earliest one. True if so.
  bool jump();

  /// The runtime ends: all timers are unset, and their wakers dropped. (A waker may be what keeps
  /// the runtime.)
  void clear() noexcept;

 private:
  friend class Timer;
  struct Item {
    Clock::rep deadline;  // since the clock's epoch
    Timer* timer;

    bool operator<(const Item& other) const;
  };
  static constexpr Clock::rep kNever = std::numeric_limits<Clock::rep>::max();

  void place(std::size_t index, Item item);
  void fill(std::size_t hole, Item item);
  Waker erase(Timer& timer, std::uint32_t place);

  const bool virtual_;
  std::atomic<Clock::rep> virtual_now_ = 0;  // moved by who drives, and by nobody else
  // Written under the mutex. Sequentially consistent, so that this may be half of a question: who
  // sets a timer writes, and then asks whether the driver sleeps; the driver says that it will, and
  // then reads.
  std::atomic<Clock::rep> earliest_ = kNever;
  SmallMutex mutex_;  // guards what follows
  std::vector<Item> heap_;
  std::uint32_t sets_ = 0;
};

}  // namespace runtime
