// What ties a descriptor to the reactor? A registration, made when it is first needed.
#pragma once

#include <atomic>
#include <utility>

#include "common/poller/poller.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/io/reactor.hpp"
#include "runtime/io/scheduled_io.hpp"

namespace runtime {

/// The registration of one descriptor, at the reactor of the task that polls it first: it is
/// *lazy*, so that a socket can be made before there is a reactor, and moved to the task that uses
/// it. To destroy it is to deregister, while the descriptor is open. As in Tokio's first reactor.
///
/// Thread safety: the two directions are independent, also when both make the first poll at the
/// same time. In one pointer, because there may be a million.
class Registration {
 public:
  Registration() = default;
  // Relaxed: nobody polls what is being moved.
  Registration(Registration&& other) noexcept
      : io_(other.io_.exchange(nullptr, std::memory_order_relaxed)) {}
  Registration& operator=(Registration other) noexcept {
    io_.store(other.io_.exchange(io_.load()), std::memory_order_relaxed);
    return *this;
  }
  ~Registration() {
    if (ScheduledIo* const io = io_.load(std::memory_order_acquire)) Reactor::remove(*io);
  }

  /// Ready when `fd` is, as far as is known, which is cached: a look at it costs no system call.
  /// Otherwise the task is woken when it becomes so. The first time, registers `fd` for `interest`.
  /// `claimed`: as for `ScheduledIo::poll_ready`. Throws "epoll_ctl ADD: …", `WrongRuntime`,
  /// `TwoWaiters`, and std::logic_error outside of a runtime.
  Poll<Observed> poll_ready(int fd, common::ReadySet interest, Direction direction,
                            Context& context, bool* claimed = nullptr) {
    ScheduledIo* const io = io_.load(std::memory_order_acquire);
    if (io != nullptr) {
      if (const auto seen = io->look(direction)) return *seen;
    }
    return wait(fd, interest, direction, context, claimed);
  }

  /// After a call on the descriptor has shown that there is no more: the next `poll_ready` waits
  /// for an event that came after `observed`. REQUIRES: it was polled.
  void clear(Direction direction, Observed observed) noexcept {
    io_.load(std::memory_order_acquire)->clear(direction, observed);
  }

  /// Whoever waited for `direction` does not any more.
  void forget(Direction direction) noexcept {
    if (ScheduledIo* const io = io_.load(std::memory_order_acquire)) io->forget(direction);
  }

  /// Who has claimed `direction` does not wait any more.
  void release(Direction direction) noexcept {
    if (ScheduledIo* const io = io_.load(std::memory_order_acquire)) io->release(direction);
  }

  /// Changes what it watches for. REQUIRES: it was polled.
  void watch(common::ReadySet interest) { Reactor::modify(*io_.load(), interest); }

 private:
  Poll<Observed> wait(int fd, common::ReadySet interest, Direction direction, Context& context,
                      bool* claimed);

  std::atomic<ScheduledIo*> io_ = nullptr;  // none until it is registered
};

}  // namespace runtime
