#include "registration.hpp"

#include "handle.hpp"

namespace runtime {

using common::Ready;

Registration::Registration(Registration&& other) noexcept
    : reactor_(std::move(other.reactor_)),
      entry_(other.entry_),
      fd_(other.fd_),
      interest_(other.interest_),
      watches_writing_(other.watches_writing_) {}

Registration& Registration::operator=(Registration&& other) noexcept {
  std::swap(reactor_, other.reactor_);
  std::swap(entry_, other.entry_);
  std::swap(fd_, other.fd_);
  std::swap(interest_, other.interest_);
  std::swap(watches_writing_, other.watches_writing_);
  return *this;
}

Poll<Observed> Registration::poll_ready(int fd, Direction direction, Context& context) {
  if (!reactor_) make(fd);
  auto ready = entry_.io->poll_ready(direction, context);
  if (interest_ == Interest::write_on_demand && direction == Direction::write) {
    watch_for_writing(!ready.is_ready());
  }
  return ready;
}

void Registration::make(int fd) {
  const Ref<Reactor>& reactor = Handle::current().reactor();
  watches_writing_ = interest_ == Interest::both;
  const Ready reading = Ready::readable() | Ready::read_hup();
  // A new socket has room: assumed, because to be told costs a wait. Where that is wrong, the first
  // write would block, and clears it.
  entry_ =
      reactor->add(fd, watches_writing_ ? reading | Ready::writable() : reading, Ready::writable());
  fd_ = fd;
  reactor_ = reactor;
}

void Registration::watch_for_writing(bool on) {
  if (watches_writing_ == on) return;
  const Ready reading = Ready::readable() | Ready::read_hup();
  // What it is ready for at this moment gives an event: nothing is missed in between.
  reactor_->modify(fd_, entry_.key, on ? reading | Ready::writable() : reading);
  watches_writing_ = on;
}

void Registration::clear(Direction direction, Observed observed) noexcept {
  entry_.io->clear(direction, observed);
}

void Registration::forget(Direction direction) noexcept {
  if (reactor_) entry_.io->forget(direction);
}

void Registration::reset() noexcept {
  if (reactor_) std::exchange(reactor_, {})->remove(fd_, entry_.key);
}

}  // namespace runtime
