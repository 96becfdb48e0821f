// How does the kernel keep the list? epoll(7), with every error as an exception.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"

/// Tokens: what epoll says of each event is the number that was given with the descriptor. A
/// connection's token is its own number, which is at least 1 and never used twice.
inline constexpr std::uint64_t kListener = 0;
inline constexpr std::uint64_t kShutdown = std::numeric_limits<std::uint64_t>::max();

/// What the kernel was last told about a descriptor.
struct Watch {
  int fd = -1;
  std::uint32_t events = 0;
};

/// A list of descriptors that the kernel keeps. A descriptor leaves it when it is closed.
/// Everything throws std::system_error. See epoll(7).
class Epoll {
 public:
  Epoll() = default;

  /// With `shutdown` on the list, under the token kShutdown. It stays readable after a stop, so its
  /// event is told only once (EPOLLONESHOT).
  explicit Epoll(int shutdown) {
    Watch once;
    watch(once, shutdown, EPOLLIN | EPOLLONESHOT, kShutdown);
  }

  /// Puts `fd` on the list, to be watched for `events`; or, where `told` says that it is there,
  /// changes what it is watched for; or does nothing, where nothing has changed. REQUIRES: the
  /// descriptor in `told` is still open, or `fd` is another one.
  void watch(Watch& told, int fd, std::uint32_t events, std::uint64_t token) {
    if (told.fd == fd && told.events == events) return;
    const int operation = told.fd == fd ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    control(operation, fd, events, token);
    told = {fd, events};
  }

  /// Sleeps until something on the list is ready, or `until` has come. Returns what is ready, at
  /// most 64 of them: the others come next time. Valid until the next call.
  std::span<const epoll_event> wait(common::Clock::time_point until) {
    const int size = static_cast<int>(events_.size());
    const auto call = [&] {
      return ::epoll_wait(fd_.get(), events_.data(), size, common::milliseconds_until(until));
    };
    const int count = common::check(common::retry(call), "epoll_wait");
    return std::span(events_).first(static_cast<std::size_t>(count));
  }

 private:
  void control(int operation, int fd, std::uint32_t events, std::uint64_t token) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = token;
    common::check(::epoll_ctl(fd_.get(), operation, fd, &event), "epoll_ctl");
  }

  const common::Fd fd_{common::check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")};
  std::array<epoll_event, 64> events_;
};
