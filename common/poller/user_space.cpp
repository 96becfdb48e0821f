#include "common/poller/user_space.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cassert>
#include <memory>

#include "common/error.hpp"

namespace common {

UserSpace::UserSpace(Wakeup wakeup)
    : wakeup_(wakeup), eventfd_(check(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {}

SlabKey UserSpace::insert(const Registration& registration) {
  const std::lock_guard lock(mutex_);
  List added{registration};
  const SlabKey key = registrations_.insert(added.begin());
  others_.splice(others_.end(), added);
  return key;
}

void UserSpace::erase(SlabKey key) {
  const std::lock_guard lock(mutex_);
  const List::iterator registration = *registrations_.find(key);
  (registration->queued ? queue_ : others_).erase(registration);
  registrations_.erase(key);
}

ReadySet UserSpace::readiness(SlabKey key) {
  const std::lock_guard lock(mutex_);
  const auto* registration = registrations_.find(key);
  return registration == nullptr ? ReadySet() : (*registration)->readiness;
}

template <class Change>
void UserSpace::change(SlabKey key, Change change) {
  {
    const std::lock_guard lock(mutex_);
    const auto* registration = registrations_.find(key);
    if (registration == nullptr) return;
    change(**registration);
    if (!settle(*registration)) return;
  }
  // Not under the mutex, or the poller would wake only to wait for it. The counter never overflows:
  // that takes 2^64 writes. Whatever else should go wrong, once: without this nobody wakes.
  const auto write = [&] { return ::eventfd_write(eventfd_.get(), 1); };
  if (write() == -1) check(retry(write), "eventfd_write");
}

/// Puts a registration that has changed where it belongs now. True if the eventfd must be written.
bool UserSpace::settle(List::iterator registration) {
  const ReadySet wanted = registration->readiness & registration->interest;
  const bool has_event = registration->armed && !wanted.empty();
  if (has_event != registration->queued) move(registration, has_event);
  if (!has_event) return false;
  const bool sleeps = state_ == State::asleep;
  if (!sleeps && wakeup_ == Wakeup::when_asleep) return false;
  if (sleeps) state_ = State::woken;
  ++writes_;
  return true;
}

/// To the end of a list, also of the one that it is in.
void UserSpace::move(List::iterator registration, bool to_queue) {
  List& from = registration->queued ? queue_ : others_;
  List& to = to_queue ? queue_ : others_;
  to.splice(to.end(), from, registration);
  registration->queued = to_queue;
}

UserSpace::Plan UserSpace::begin_wait(std::size_t capacity, int timeout) {
  const std::lock_guard lock(mutex_);
  assert(state_ == State::running && "one thread in wait at a time");
  if (!queue_.empty()) timeout = 0;
  state_ = timeout == 0 ? State::looking : State::asleep;
  return {capacity - std::min(queue_.size(), capacity / 2), timeout};
}

void UserSpace::end_wait(std::vector<Event>& events, std::size_t capacity) {
  const std::lock_guard lock(mutex_);
  state_ = State::running;
  const std::size_t count = std::min(queue_.size(), capacity - events.size());
  for (std::size_t i = 0; i < count; ++i) events.push_back(hand_out(queue_.begin()));
}

/// The event of the first in the queue, which leaves it, or, if level-triggered, goes to the end.
Event UserSpace::hand_out(List::iterator registration) {
  const PollOpt opt = registration->opt;
  registration->armed = !opt.is_oneshot();
  move(registration, !opt.is_oneshot() && !opt.is_edge());
  return {registration->token, registration->readiness & registration->interest};
}

bool UserSpace::asleep() {
  const std::lock_guard lock(mutex_);
  return state_ == State::asleep;
}

std::uint64_t UserSpace::writes() {
  const std::lock_guard lock(mutex_);
  return writes_;
}

SetReadiness::SetReadiness(std::shared_ptr<UserSpace> user_space, SlabKey key)
    : user_space_(std::move(user_space)), key_(key) {}

void SetReadiness::set(ReadySet readiness) const {
  user_space_->change(key_, [&](auto& registration) { registration.readiness = readiness; });
}

ReadySet SetReadiness::readiness() const {
  return user_space_->readiness(key_);
}

UserRegistration::UserRegistration(Poller& poller, Token token, ReadySet interest, PollOpt opt)
    : user_space_(poller.user_space_), key_(user_space_->insert({token, interest, opt})) {}

UserRegistration::~UserRegistration() {
  user_space_->erase(key_);
}

void UserRegistration::modify(Token token, ReadySet interest, PollOpt opt) {
  user_space_->change(key_, [&](auto& registration) {
    registration.token = token;
    registration.interest = interest;
    registration.opt = opt;
    registration.armed = true;
  });
}

SetReadiness UserRegistration::set_readiness() const {
  return {user_space_, key_};
}

}  // namespace common
