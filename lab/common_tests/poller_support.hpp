// What do the tests of the poller's two halves share? Above all a look at its system calls.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "common/poller/poller.hpp"

namespace common {

inline constexpr Token kToken{7};

/// The events that are there now: one wait that does not sleep.
std::vector<Event> look(Poller& poller);

/// What `kToken` alone is ready for now; empty if there is no event.
ReadySet ready_now(Poller& poller);

void wait_until_asleep(const Poller& poller);

/// What a poller asks of the kernel, while this lives, from every thread: the test program has an
/// epoll_wait and an eventfd_write of its own, which take note, let a test step in, and go on to
/// the kernel. One at a time.
class EpollSpy {
 public:
  EpollSpy();
  ~EpollSpy();
  EpollSpy(EpollSpy&&) = delete;

  std::atomic<int> waits = 0;
  std::atomic<int> timeout = 0;  ///< of the last epoll_wait, in milliseconds
  std::atomic<int> sleeps = 0;   ///< epoll_waits with a timeout that is not 0
  std::atomic<int> writes = 0;   ///< to eventfds

  /// Called in the thread that is about to make the call. Set them while nobody makes one.
  std::function<void()> before_wait = [] {};
  std::function<void()> before_write = [] {};
};

}  // namespace common
