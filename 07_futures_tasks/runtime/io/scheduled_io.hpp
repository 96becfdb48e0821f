// What does the reactor know about one descriptor? Its readiness, and who waits for it.
//
// Thread safety: all of it. Invariants:
//  1. Readiness is only ever set by the reactor and cleared by who has seen that it is gone. To
//     clear, one must show the tick of the look that came before: if an event came since, the tick
//     has moved on, and clearing does nothing.
//  2. `poll_ready` looks, stores the waker, and looks again. The reactor sets readiness, then takes
//     the wakers. So no event is lost: either the second look sees it, or the reactor finds the
//     waker. (See AtomicWaker.)
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

#include "common/poller/poller.hpp"
#include "runtime/future/atomic_waker.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/future/waker.hpp"

namespace runtime {

class Reactor;

/// What is waited for. Who waits for the end, where both directions are closed or an error has
/// come, does so in the reader's place.
enum class Direction : char { read, write, end };

/// What a look at the readiness saw: the bits, and the tick that they had.
class Observed {
 public:
  explicit Observed(std::uint32_t word) : word_(word) {}
  [[nodiscard]] inline common::ReadySet ready() const;

 private:
  friend class ScheduledIo;
  std::uint32_t word_;
};

/// Two futures wait for one direction of one descriptor. There is one waker for each direction: an
/// event would wake one of them, and the other one never. So the second to come is told.
class TwoWaiters : public std::logic_error {
 public:
  TwoWaiters() : logic_error("another one waits for this direction of the descriptor already") {}
};

/// One descriptor, for the reactor and for who waits. It is small, because there may be a million.
class ScheduledIo {
 public:
  /// Begins with what is assumed: if that is wrong, a call that would block clears it.
  explicit ScheduledIo(common::ReadySet assumed) : word_(assumed.bits()) {}

  /// Ready in `direction`, or closed, or failed: the look. Otherwise `context`'s task is woken when
  /// that changes. One future may wait for each direction, and says with `claimed`, which is its
  /// own, whether it does; without that, the last one to ask counts. Throws `TwoWaiters`.
  Poll<Observed> poll_ready(Direction direction, Context& context, bool* claimed = nullptr) {
    if (const auto seen = look(direction)) return *seen;
    return wait(direction, context, claimed);
  }
  /// The same after a look that saw nothing.
  Poll<Observed> wait(Direction direction, Context& context, bool* claimed) {
    claim(direction, claimed);
    AtomicWaker& place = waiting(direction);
    static_cast<void>(place.store(context));
    if (const auto now = look(direction)) return leave(place, *now);
    return pending;
  }
  /// Who has claimed `direction` does not wait any more.
  void release(Direction direction) noexcept {
    forget(direction);
    word_.fetch_and(~claim_of(direction));
  }

  /// What `poll_ready` looks at.
  [[nodiscard]] std::optional<Observed> look(Direction direction) const noexcept {
    const Observed observed(word_.load());  // in the one order of AtomicWaker
    if ((observed.ready() & wanted(direction)).empty()) return std::nullopt;
    return observed;
  }

  /// A call in `direction` has shown that there is no more. What says that the direction is closed
  /// stays: it comes once, and often together with the last data. And where an urgent byte has
  /// come, a short read has shown nothing, once: it has stopped before that byte.
  void clear(Direction direction, Observed observed) noexcept {
    const auto open =
        direction == Direction::write ? common::ReadySet::writable() : common::ReadySet::readable();
    const common::ReadySet urgent = common::ReadySet::urgent();
    const bool proves = direction == Direction::write || (observed.ready() & urgent).empty();
    const std::uint32_t gone = (proves ? open | common::ReadySet::error() : urgent).bits();
    // With another tick an event has come since. With other bits alone, the other direction has
    // cleared its own. Relaxed where it failed: it is tried again.
    std::uint32_t before = observed.word_;
    while (before / kTick == observed.word_ / kTick &&
           !word_.compare_exchange_weak(before, before & ~gone, std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
    }
  }

  /// Whoever waited for `direction` does not any more.
  void forget(Direction direction) noexcept { static_cast<void>(waiting(direction).take()); }

  /// For the reactor: an event has come. Wakes whom it is for, and returns how many that were.
  int set_ready(common::ReadySet ready) noexcept {
    std::uint32_t before = word_.load(std::memory_order_relaxed);
    // The tick has 16 bits: it would take 65,536 events between a look and its clear to fool that.
    while (!word_.compare_exchange_weak(before, (before + kTick) | (ready.bits() & kEpollBits))) {
    }
    return (!(ready & kRead).empty() && reader_.take_and_wake()) +
           (!(ready & kWrite).empty() && writer_.take_and_wake());
  }

 private:
  friend class Observed;
  friend class Reactor;

  //   31          16   15        14       13            0
  //  +--------------+---------+---------+--------------+
  //  |     tick     | writing | reading |  epoll bits  |
  //  +--------------+---------+---------+--------------+
  static constexpr std::uint32_t kTick = 1 << 16;
  static constexpr std::uint32_t kWriting = 1 << 15;  // a future waits for that
  static constexpr std::uint32_t kReading = 1 << 14;
  static constexpr std::uint32_t kEpollBits = kReading - 1;

  static constexpr common::ReadySet kEnd = common::ReadySet::hup() | common::ReadySet::error();
  static constexpr common::ReadySet kRead =
      common::ReadySet::readable() | common::ReadySet::read_hup() | kEnd;
  // A half-closed peer can still be written to.
  static constexpr common::ReadySet kWrite = common::ReadySet::writable() | kEnd;

  /// What makes a call in `direction` return at once.
  static constexpr common::ReadySet wanted(Direction direction) {
    return direction == Direction::read ? kRead : direction == Direction::write ? kWrite : kEnd;
  }

  static constexpr std::uint32_t claim_of(Direction direction) {
    return direction == Direction::write ? kWriting : kReading;
  }
  void claim(Direction direction, bool* claimed) {
    if (claimed != nullptr && *claimed) return;
    const std::uint32_t bit = claim_of(direction);
    const std::uint32_t before = claimed == nullptr ? word_.load() : word_.fetch_or(bit);
    if ((before & bit) != 0) throw TwoWaiters();
    if (claimed != nullptr) *claimed = true;
  }

  /// The news were faster: the waker is not needed.
  static Observed leave(AtomicWaker& place, Observed seen) {
    static_cast<void>(place.take());
    return seen;
  }

  AtomicWaker& waiting(Direction direction) {
    return direction == Direction::write ? writer_ : reader_;
  }

  std::atomic<std::uint32_t> word_;
  std::atomic<int> fd_ = -1;  // the turn tells it to an observer, whoever removes it meanwhile
  AtomicWaker reader_;
  AtomicWaker writer_;
  union {
    Reactor* reactor_ = nullptr;  // whose it is
    ScheduledIo* next_;           // when nobody's: the next one of those
  };
};

common::ReadySet Observed::ready() const {
  return common::ReadySet(word_ & ScheduledIo::kEpollBits);
}

}  // namespace runtime
