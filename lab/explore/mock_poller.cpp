// The part of common/poller/poller.hpp that the reactor uses, with epoll_wait(2) as a step like any
// other: edge-triggered, and blocked until there is an event.
#include "lab/explore/mock_poller.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "lab/explore/step.hpp"

namespace common {

class UserSpace {
 public:
  struct Watch {
    Token token;
    ReadySet interest;
    bool edge;  // it is news that it is ready
  };

  explore::Watched kernel;  // to touch it is to call it
  std::map<int, ReadySet> ready;
  std::map<int, Watch> watches;
  Token wake_token;
  bool woken = false;

  [[nodiscard]] ReadySet news(int fd, const Watch& watch) {
    return watch.edge ? ready[fd] & (watch.interest | ReadySet::hup() | ReadySet::error())
                      : ReadySet();
  }
  [[nodiscard]] bool has_news() {
    for (const auto& [fd, watch] : watches) {
      if (!news(fd, watch).empty()) return true;
    }
    return woken;
  }
};

namespace {

std::weak_ptr<UserSpace> current;

}  // namespace

Events::Events(std::size_t) {}

Poller::Poller(Wakeup) : user_space_(std::make_shared<UserSpace>()) {
  current = user_space_;
}

Poller::~Poller() = default;

void Poller::add(int fd, Token token, ReadySet interest, PollOpt) {
  user_space_->kernel.touch("epoll_ctl ADD");
  const bool added = user_space_->watches.insert({fd, {token, interest, true}}).second;
  explore::require(added, "added twice");
}

void Poller::modify(int fd, Token token, ReadySet interest, PollOpt) {
  user_space_->kernel.touch("epoll_ctl MOD");
  user_space_->watches[fd] = {token, interest, true};
}

void Poller::remove(int fd) {
  user_space_->kernel.touch("epoll_ctl DEL");
  explore::require(user_space_->watches.erase(fd) == 1, "removed, but was never added");
}

std::size_t Poller::wait(Events& events, std::optional<Duration> timeout) {
  UserSpace& kernel = *user_space_;
  kernel.kernel.wait_until("epoll_wait", [&] { return timeout || kernel.has_news(); });
  events.events_.clear();
  for (auto& [fd, watch] : kernel.watches) {
    const ReadySet news = kernel.news(fd, watch);
    watch.edge = watch.edge && news.empty();
    if (!news.empty()) events.events_.push_back({watch.token, news});
  }
  if (std::exchange(kernel.woken, false)) {
    events.events_.push_back({kernel.wake_token, ReadySet::readable()});
  }
  return events.size();
}

SetReadiness::SetReadiness(std::shared_ptr<UserSpace> user_space, SlabKey key)
    : user_space_(std::move(user_space)), key_(key) {}

void SetReadiness::set(ReadySet) const {
  user_space_->kernel.touch("wake the poller");
  user_space_->woken = true;
}

UserRegistration::UserRegistration(Poller& poller, Token token, ReadySet, PollOpt)
    : user_space_(poller.user_space_) {
  user_space_->wake_token = token;
}

UserRegistration::~UserRegistration() = default;

SetReadiness UserRegistration::set_readiness() const {
  return {user_space_, key_};
}

}  // namespace common

namespace explore {

using common::ReadySet;

void Descriptor::become(ReadySet ready) {
  const auto kernel = common::current.lock();
  kernel->kernel.touch("becomes ready");
  kernel->ready[fd_] = kernel->ready[fd_] | ready;
  const auto watch = kernel->watches.find(fd_);
  if (watch != kernel->watches.end()) watch->second.edge = true;
}

bool Descriptor::take(ReadySet ready) {
  const auto kernel = common::current.lock();
  kernel->kernel.touch("read or write");
  const bool there = !(kernel->ready[fd_] & ready).empty();
  kernel->ready[fd_] = kernel->ready[fd_] - ready;
  return there;
}

}  // namespace explore
