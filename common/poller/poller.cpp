#include "common/poller/poller.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <limits>
#include <span>

#include "common/error.hpp"
#include "common/poller/user_space.hpp"

namespace common {
namespace {

/// The eventfd's own token. No key of a slab has these bits.
constexpr std::uint64_t kWake = std::numeric_limits<std::uint64_t>::max();

void control(int epoll, int operation, const char* call, int fd, epoll_event event) {
  check(::epoll_ctl(epoll, operation, fd, &event), call);
}

epoll_event kernel_event(Token token, ReadySet interest, PollOpt opt) {
  assert(token.value != kWake && "a token that is free");
  epoll_event event{};
  event.events = interest.bits() | opt.bits();
  event.data.u64 = token.value;
  return event;
}

}  // namespace

Events::Events(std::size_t capacity) : kernel_(capacity) {
  assert(capacity >= 2);
  events_.reserve(capacity);
}

Poller::Poller(Wakeup wakeup)
    : epoll_(check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      user_space_(std::make_shared<UserSpace>(wakeup)) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = kWake;
  control(epoll_.get(), EPOLL_CTL_ADD, "epoll_ctl ADD", user_space_->eventfd(), event);
}

Poller::~Poller() = default;

void Poller::add(int fd, Token token, ReadySet interest, PollOpt opt) {
  control(epoll_.get(), EPOLL_CTL_ADD, "epoll_ctl ADD", fd, kernel_event(token, interest, opt));
}

void Poller::modify(int fd, Token token, ReadySet interest, PollOpt opt) {
  control(epoll_.get(), EPOLL_CTL_MOD, "epoll_ctl MOD", fd, kernel_event(token, interest, opt));
}

void Poller::remove(int fd) {
  control(epoll_.get(), EPOLL_CTL_DEL, "epoll_ctl DEL", fd, {});
}

std::size_t Poller::wait(Events& events, std::optional<Duration> timeout) {
  events.events_.clear();
  const int limit = timeout ? whole_milliseconds(*timeout) : -1;  // -1 is for ever
  const auto plan = user_space_->begin_wait(events.capacity(), limit);
  const int count =
      ::epoll_wait(epoll_.get(), events.kernel_.data(), static_cast<int>(plan.room), plan.timeout);
  const int error = count == -1 ? errno : 0;
  const auto returned = static_cast<std::size_t>(std::max(count, 0));
  for (const epoll_event& event : std::span(events.kernel_).first(returned)) {
    if (event.data.u64 == kWake) continue;
    events.events_.push_back({Token{event.data.u64}, ReadySet(event.events)});
  }
  user_space_->end_wait(events.events_, events.capacity());
  if (error != 0 && error != EINTR) throw_error(error, "epoll_wait");
  return events.size();
}

bool Poller::asleep() const {
  return user_space_->asleep();
}

std::uint64_t Poller::wakeup_writes() const {
  return user_space_->writes();
}

}  // namespace common
