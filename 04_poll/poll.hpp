// How does a thread wait for many descriptors at once? It hands poll(2) the whole list.
#pragma once

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <thread>
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
  // The kernel may find no room for its copy of the list (ENOMEM). To ask again at once would spin.
  while (common::retry(call) == -1) {
    if (errno != ENOMEM) common::throw_error(errno, "poll");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}
