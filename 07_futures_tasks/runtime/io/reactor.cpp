#include "runtime/io/reactor.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <mutex>
#include <new>
#include <span>
#include <utility>

#include "common/error.hpp"
#include "common/report.hpp"
#include "runtime/future/future.hpp"

namespace runtime {

using common::ReadySet;

Reactor::Reactor(const Ref<Observer>& observer, std::unique_ptr<Selector> selector)
    : observer_(observer),
      selector_(selector ? std::move(selector) : make_epoll()),
      eventfd_(common::check(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {
  selector_->add(eventfd_.get(), ReadySet::readable(), nullptr);
}

std::size_t Reactor::wait(int milliseconds) {
  turns_.fetch_add(1, std::memory_order_relaxed);  // a count, which orders nothing
  recycle();
  State before = State::awake;
  if (milliseconds != 0 && !state_.compare_exchange_strong(before, State::asleep)) {
    milliseconds = 0;  // it was woken before it slept
  }
  const int count = selector_->wait(events_, milliseconds);
  // Not a mere store: what was written before a wake is seen from here on.
  const bool woken = state_.exchange(State::awake) == State::woken;
  if (count < 0 && count != -EINTR) common::throw_error(-count, selector_->call());
  // That `add` has written what the events point to is known through the kernel, of which the
  // language knows nothing: so `add` counts, and this looks at the count.
  static_cast<void>(watched_.load(std::memory_order_acquire));
  const auto events = std::span(events_).first(static_cast<std::size_t>(std::max(count, 0)));
  for (const epoll_event& event : events) {
    auto* const io = static_cast<ScheduledIo*>(event.data.ptr);
    if (observer_) {
      io == nullptr ? observer_->heard_of_thread()
                    : observer_->heard(io->fd_, ReadySet(event.events));
    }
    if (io != nullptr) io->set_ready(ReadySet(event.events));
  }
  return woken && events.empty() ? 1 : events.size();
}

void Reactor::wake() noexcept {
  if (state_.exchange(State::woken) != State::asleep) return;
  // The counter never overflows: that takes 2^64 writes. And whatever else should go wrong, once.
  if (::eventfd_write(eventfd_.get(), 1) == -1) ::eventfd_write(eventfd_.get(), 1);
}

ScheduledIo& Reactor::add(int fd, ReadySet interest, std::atomic<ScheduledIo*>& place) {
  // A reader and a writer may both come first, on two threads.
  const std::lock_guard lock(mutex_);
  ScheduledIo* const before = place.load(std::memory_order_acquire);
  if (before != nullptr) {
    if (before->reactor_ == this) return *before;
    if (!before->reactor_->closed_.load(std::memory_order_acquire)) throw WrongRuntime();
    elders_.emplace_back();
  }
  // Where one comes from another reactor, who waits stays who waits, and the tick is beyond what
  // the other direction may have seen there, and be about to clear.
  const std::uint32_t word = before == nullptr ? 0 : before->word_.load() + ScheduledIo::kTick;
  // A new socket has room: assumed, because to be told costs a wait. Where that is wrong, the first
  // write would block, and clears it.
  ScheduledIo* io = free_;
  if (io == nullptr) {
    io = &all_.emplace_back(ReadySet());
  } else {
    free_ = io->next_;
  }
  io->word_.store((word & ~ScheduledIo::kEpollBits) | ReadySet::writable().bits(),
                  std::memory_order_relaxed);
  io->fd_ = fd;
  io->reactor_ = this;
  watched_.fetch_add(1, std::memory_order_release);
  try {
    selector_->add(fd, interest, io);
  } catch (...) {
    watched_.fetch_sub(1, std::memory_order_relaxed);
    io->fd_ = -1;
    io->next_ = std::exchange(free_, io);
    throw;
  }
  if (before != nullptr) {
    // It stays there, unused: the other direction may be looking at it.
    deregister(*before);
    elders_.back() = Ref<Reactor>::adopt(before->reactor_);
  }
  add_ref();  // the registration's: `remove` drops it
  place.store(io, std::memory_order_release);
  return *io;
}

void Reactor::close() noexcept {
  closed_.store(true, std::memory_order_release);
  selector_->close();
  std::vector<Ref<Reactor>> last;  // whose end may be that of tasks
  const std::lock_guard lock(mutex_);
  last.swap(elders_);
}

void Reactor::modify(ScheduledIo& io, ReadySet interest) {
  io.reactor_->selector_->modify(io.fd_, interest, &io);
}

void Reactor::deregister(const ScheduledIo& io) noexcept {
  try {
    io.reactor_->selector_->remove(io.fd_);
  } catch (const std::exception& error) {
    // Only if the descriptor was closed by somebody else: its owner should hear of it.
    common::print_line(error.what());
  }
}

void Reactor::remove(ScheduledIo& io) noexcept {
  Reactor& reactor = *io.reactor_;
  deregister(io);
  reactor.watched_.fetch_sub(1, std::memory_order_relaxed);
  io.forget(Direction::read);
  io.forget(Direction::write);
  io.fd_ = -1;
  io.next_ = reactor.removed_.load(std::memory_order_relaxed);
  while (!reactor.removed_.compare_exchange_weak(io.next_, &io)) {
  }
  reactor.RefCounted::release();
}

/// Those whose descriptors were removed before this turn can have no event in it.
void Reactor::recycle() noexcept {
  if (removed_.load(std::memory_order_relaxed) == nullptr) return;
  ScheduledIo* io = removed_.exchange(nullptr);
  const std::lock_guard lock(mutex_);
  while (io != nullptr) {
    ScheduledIo* const next = io->next_;
    io->next_ = std::exchange(free_, io);
    io = next;
  }
}

}  // namespace runtime
