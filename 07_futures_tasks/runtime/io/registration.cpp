#include "runtime/io/registration.hpp"

#include <mutex>
#include <utility>

#include "common/poller/poller.hpp"
#include "runtime/executor/spawn.hpp"

namespace runtime {

using common::ReadySet;

Registration::Registration(Registration&& other) noexcept : interest_(other.interest_) {
  *this = std::move(other);
}

Registration& Registration::operator=(Registration&& other) noexcept {
  // Relaxed: nobody polls what is being moved.
  io_.store(other.io_.exchange(io_, std::memory_order_relaxed), std::memory_order_relaxed);
  std::swap(reactor_, other.reactor_);
  std::swap(key_, other.key_);
  std::swap(fd_, other.fd_);
  std::swap(interest_, other.interest_);
  std::swap(watches_writing_, other.watches_writing_);
  return *this;
}

Poll<Observed> Registration::poll_ready(int fd, Direction direction, Context& context) {
  ScheduledIo* const io = io_.load(std::memory_order_acquire);
  auto ready = (io != nullptr ? *io : make(fd)).poll_ready(direction, context);
  if (interest_ == Interest::write_on_demand && direction == Direction::write) {
    watch_for_writing(!ready.is_ready());
  }
  return ready;
}

ScheduledIo& Registration::make(int fd) {
  const std::lock_guard lock(mutex_);
  // A reader and a writer may both come first, on two threads.
  if (ScheduledIo* const io = io_.load(std::memory_order_relaxed)) return *io;
  const Ref<Reactor> reactor = Handle::current().reactor();
  watches_writing_ = interest_ == Interest::both;
  const ReadySet reading = ReadySet::readable() | ReadySet::read_hup();
  // A new socket has room: assumed, because to be told costs a wait. Where that is wrong, the first
  // write would block, and clears it.
  const auto entry = reactor->add(fd, watches_writing_ ? reading | ReadySet::writable() : reading,
                                  ReadySet::writable());
  fd_ = fd;
  key_ = entry.key;
  reactor_ = reactor;
  io_.store(entry.io, std::memory_order_release);
  return *entry.io;
}

void Registration::watch_for_writing(bool on) {
  if (watches_writing_ == on) return;
  const ReadySet reading = ReadySet::readable() | ReadySet::read_hup();
  // What it is ready for at this moment gives an event: nothing is missed in between.
  reactor_->modify(fd_, key_, on ? reading | ReadySet::writable() : reading);
  watches_writing_ = on;
}

void Registration::clear(Direction direction, Observed observed) noexcept {
  io_.load(std::memory_order_acquire)->clear(direction, observed);
}

void Registration::forget(Direction direction) noexcept {
  if (ScheduledIo* const io = io_.load(std::memory_order_acquire)) io->forget(direction);
}

void Registration::reset() noexcept {
  if (io_.exchange(nullptr) == nullptr) return;
  std::exchange(reactor_, {})->remove(fd_, key_);
}

}  // namespace runtime
