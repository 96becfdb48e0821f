// Exercise: a crew. How does a server go home, when some of its threads are in the middle of a word
// and others listen to clients that say nothing for hours?
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "common/clock.hpp"
#include "common/fd.hpp"

/// A thread for each connection.
///
/// Thread safety: `spawn` and `finish` are for the thread that accepts. Invariant: while a
/// connection's thread works, its socket is in `working_`, and is closed after it has left.
class Crew {
 public:
  using Work = std::function<void(const common::Fd& socket)>;

  /// Starts a thread that does `work`, which must not throw, and then closes `socket`.
  void spawn(common::Fd socket, Work work);

  /// Waits until all threads have ended, but not for ever: those that still work at `deadline`, at
  /// most a day away, get no more from their clients. What they read is then end of file, and what
  /// they write is an error (shutdown(2), SHUT_RDWR). Returns how many these were. All threads have
  /// ended then. Nobody is spawned any more.
  std::size_t finish(common::Clock::time_point deadline);

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  std::list<int> working_;  // the sockets of those that have not ended their work
  std::list<std::thread> threads_;
};
