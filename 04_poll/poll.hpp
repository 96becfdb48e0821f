// How does a thread wait for many descriptors at once? It hands poll(2) the whole list.
#pragma once

#include <poll.h>

#include <vector>

#include "common/clock.hpp"
#include "common/error.hpp"

/// Places in a server's list: the signals' pipe, the listener, and then the connections.
inline constexpr std::size_t kListener = 1;
inline constexpr std::ptrdiff_t kFirstConnection = 2;

/// Sleeps until one of `waits` is ready, or `until` has come, and leaves in each what it is ready
/// for (`revents`). A negative descriptor is passed over. Throws std::system_error. See poll(2).
inline void poll_until(std::vector<pollfd>& waits, common::Clock::time_point until) {
  const auto call = [&] {
    return ::poll(waits.data(), waits.size(), common::milliseconds_until(until));
  };
  common::check(common::retry(call), "poll");
}
