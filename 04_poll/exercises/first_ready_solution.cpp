#include "first_ready.hpp"

#include <vector>

#include "../poll.hpp"

std::optional<std::size_t> first_ready(std::span<const int> fds, common::Duration timeout) {
  std::vector<pollfd> waits;
  for (const int fd : fds) waits.push_back({fd, POLLIN, 0});
  // It takes a point in time: however often a signal interrupts it, that stays where it is.
  poll_until(waits, common::Clock::now() + timeout);
  for (std::size_t i = 0; i < waits.size(); ++i) {
    // POLLHUP, POLLERR and POLLNVAL come unasked, and also without POLLIN.
    if (waits[i].revents != 0) return i;
  }
  return std::nullopt;
}
