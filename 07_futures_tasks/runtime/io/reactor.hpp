// Who hears the kernel's news, and tells it to the tasks that wait? The reactor.
//
// Thread safety: `turn` is for one thread at a time; everything else is for any thread, also while
// that one waits. The names and the division of labour are those of Tokio's first reactor.
//
// Invariants:
//  1. A `turn` is one wait of the selector's: an epoll_wait(2), or an io_uring_enter(2).
//  2. A descriptor is registered once, edge-triggered. Its events carry the address of its
//     ScheduledIo, which lasts as long as the reactor.
//  3. A ScheduledIo whose descriptor was removed waits for the next turn to begin. Only from then
//     on it is used for another one: the turn that is under way may still have an event for it. So
//     an event that comes late meets nobody, although the descriptor's number may be in use again.
//  4. While the state is `asleep`, the turn sleeps, or is about to: whoever changes that writes to
//     the eventfd. So no wake is lost, and a sleep costs one write at most. Nobody reads the
//     eventfd: each write is a new edge.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/poller/poller.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/io/scheduled_io.hpp"
#include "runtime/io/selector.hpp"
#include "runtime/task/small_mutex.hpp"
#include "runtime/trace/observer.hpp"

namespace runtime {

class Reactor : public RefCounted {
 public:
  /// What it hears is told to `observer`, if there is one. It asks `selector`, or epoll.
  /// Errors: "epoll_create1: …", "eventfd: …".
  explicit Reactor(const Ref<Observer>& observer = {}, std::unique_ptr<Selector> selector = {});

  /// Waits until something happens, for `limit` at the longest (without one: for ever), and wakes
  /// the tasks that it concerns. May return early. Returns how many events came, of which a `wake`
  /// is one if nothing else has come.
  std::size_t turn(std::optional<common::Duration> limit) {
    return wait(limit ? common::whole_milliseconds(*limit) : -1);  // -1 is for ever
  }

  /// Makes the `turn` that waits now, or the next one, return. Costs a system call only in the
  /// first case.
  void wake() noexcept;

  /// How often `turn` has waited.
  [[nodiscard]] std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }

  /// True if any descriptor is registered: something may come.
  [[nodiscard]] bool watches() const noexcept {
    return watched_.load(std::memory_order_relaxed) > 0;  // an old answer will do
  }

  /// Nobody will turn it any more.
  void close() noexcept;

  // For `Registration`:

  /// What `place` names, if that is of this reactor. If it names nothing, registers `fd` for
  /// `interest`, edge-triggered, and has `place` say so; if it names one of a reactor that is
  /// closed, that moves here. Errors: "epoll_ctl ADD: …"; `WrongRuntime` where the other reactor is
  /// not closed.
  ScheduledIo& registered(int fd, common::ReadySet interest, std::atomic<ScheduledIo*>& place) {
    ScheduledIo* const io = place.load(std::memory_order_acquire);
    return io != nullptr && io->reactor_ == this ? *io : add(fd, interest, place);
  }
  /// Changes what a registered descriptor is watched for. What it is ready for gives an event.
  static void modify(ScheduledIo& io, common::ReadySet interest);
  /// Forgets it, with its wakers. Call it before the descriptor is closed.
  static void remove(ScheduledIo& io) noexcept;

 private:
  enum class State : char { awake, asleep, woken };

  ScheduledIo& add(int fd, common::ReadySet interest, std::atomic<ScheduledIo*>& place);
  std::size_t wait(int milliseconds);
  static void deregister(const ScheduledIo& io) noexcept;
  void recycle() noexcept;

  const Ref<Observer> observer_;
  const std::unique_ptr<Selector> selector_;
  const common::Fd eventfd_;
  std::atomic<State> state_ = State::awake;
  std::atomic<bool> closed_ = false;
  std::atomic<std::uint64_t> turns_ = 0;
  std::atomic<std::size_t> watched_ = 0;
  std::atomic<ScheduledIo*> removed_ = nullptr;  // since the last turn began, linked by `next_`
  SmallMutex mutex_;                             // guards what follows
  std::deque<ScheduledIo> all_;                  // never moves what is in it
  ScheduledIo* free_ = nullptr;
  std::vector<Ref<Reactor>> elders_;  // whose ScheduledIos may still be looked at, because what
                                      // they were for has moved here
  std::array<epoll_event, 256> events_{};  // the turn's own
};

}  // namespace runtime
