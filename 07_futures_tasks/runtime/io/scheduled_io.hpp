// What does the reactor know about one descriptor? Its readiness, and who waits for it.
//
// Thread safety: all of it. Invariants:
//  1. Readiness is only ever set by the reactor and cleared by who has seen that it is gone. To
//     clear, one must show the tick of the look that came before: if an event came since, the tick
//     has moved on, and clearing does nothing.
//  2. `poll_ready` looks, locks, stores the waker, and looks again. The reactor sets readiness,
//     locks, and takes the wakers. So whichever of the two locks first, no event is lost: either
//     the second look sees it, or the reactor finds the waker.
//  3. Wakers are woken and dropped without the mutex.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "common/poller/poller.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/future/waker.hpp"
#include "runtime/task/small_mutex.hpp"

namespace runtime {

/// What is waited for. Who waits for the end, where both directions are closed or an error has
/// come, does so in the reader's place.
enum class Direction { read, write, end };

/// What a look at the readiness saw: the bits, and the tick that they had.
class Observed {
 public:
  explicit Observed(std::uint32_t word) : word_(word) {}
  [[nodiscard]] common::ReadySet ready() const { return common::ReadySet(word_ & 0xffff); }

 private:
  friend class ScheduledIo;
  std::uint32_t word_;
};

class ScheduledIo {
 public:
  /// Begins with what is assumed: if that is wrong, a call that would block clears it.
  explicit ScheduledIo(common::ReadySet assumed) : word_(assumed.bits()) {}
  /// For before and after it is shared.
  ScheduledIo(ScheduledIo&& other) noexcept
      : word_(other.word_.load()),
        reader_(std::move(other.reader_)),
        writer_(std::move(other.writer_)) {}

  /// Ready in `direction`, or closed, or failed: the look. Otherwise `context`'s task is woken when
  /// that changes. One task may wait for each direction; the last one counts.
  Poll<Observed> poll_ready(Direction direction, Context& context) {
    const auto seen = look(direction);
    if (seen) return *seen;
    Waker dropped;
    const std::lock_guard lock(mutex_);
    Waker& slot = waiting(direction);
    if (!context.is_stored_in(slot)) dropped = std::exchange(slot, context.waker());
    if (const auto now = look(direction)) return *now;  // the waker stays: it may wake for nothing
    return pending;
  }

  /// A call in `direction` has shown that there is no more. What says that the direction is closed
  /// stays: it comes once, and often together with the last data.
  void clear(Direction direction, Observed observed) noexcept {
    const auto gone = common::ReadySet::error() | open_bit(direction);
    // With another tick an event has come since. With other bits alone, the other direction has
    // cleared its own.
    std::uint32_t before = observed.word_;
    while (before / kTick == observed.word_ / kTick &&
           !word_.compare_exchange_weak(before, before & ~gone.bits(), std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
    }
  }

  /// Nobody waits in `direction` any more.
  void forget(Direction direction) noexcept {
    Waker dropped;
    const std::lock_guard lock(mutex_);
    dropped = std::exchange(waiting(direction), Waker());
  }

  /// For the reactor: an event has come. Hands the wakers that it is for to `wake_later`.
  template <class WakeLater>
  void set_ready(common::ReadySet ready, WakeLater wake_later) {
    std::uint32_t before = word_.load(std::memory_order_relaxed);
    std::uint32_t after;
    do {
      after = (before + kTick) | (ready.bits() & 0xffff);
    } while (!word_.compare_exchange_weak(before, after, std::memory_order_acq_rel));
    const std::lock_guard lock(mutex_);
    for (const Direction direction : {Direction::read, Direction::write}) {
      Waker& slot = waiting(direction);
      if (slot && !(ready & wanted(direction)).empty()) wake_later(std::exchange(slot, Waker()));
    }
  }

 private:
  //   31          16 15           0
  //  +--------------+--------------+
  //  |     tick     |  epoll bits  |
  //  +--------------+--------------+
  static constexpr std::uint32_t kTick = 1 << 16;

  static constexpr common::ReadySet open_bit(Direction direction) {
    return direction == Direction::read ? common::ReadySet::readable()
                                        : common::ReadySet::writable();
  }
  /// What makes a call in `direction` return at once. A half-closed peer can still be written to.
  static constexpr common::ReadySet wanted(Direction direction) {
    const auto end = common::ReadySet::hup() | common::ReadySet::error();
    if (direction == Direction::end) return end;
    const auto both = open_bit(direction) | end;
    return direction == Direction::read ? both | common::ReadySet::read_hup() : both;
  }

  [[nodiscard]] std::optional<Observed> look(Direction direction) const noexcept {
    const Observed observed(word_.load(std::memory_order_acquire));
    if ((observed.ready() & wanted(direction)).empty()) return std::nullopt;
    return observed;
  }

  Waker& waiting(Direction direction) { return direction == Direction::write ? writer_ : reader_; }

  std::atomic<std::uint32_t> word_;
  SmallMutex mutex_;  // guards the two wakers
  Waker reader_;
  Waker writer_;
};

}  // namespace runtime
