// What ties a descriptor to the reactor? A registration, made when it is first needed.
#pragma once

#include <atomic>

#include "common/poller/slab.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/io/reactor.hpp"
#include "runtime/io/scheduled_io.hpp"
#include "runtime/task/small_mutex.hpp"

namespace runtime {

/// What the reactor is asked to watch a descriptor for.
enum class Interest : char {
  both,            ///< reading and writing, from the first moment
  write_on_demand  ///< writing only while somebody waits for it. For UDP sockets: each datagram
                   ///< that leaves makes room, and the kernel tells that as an edge, wanted or not
};

/// The registration of one descriptor, at the reactor of the task that polls it first: it is
/// *lazy*, so that a socket can be made before there is a reactor, and moved to the task that uses
/// it. To destroy it is to deregister. As in Tokio's first reactor.
///
/// One task may wait for each direction. Thread safety: the two directions are independent, also
/// when both make the first poll at the same time.
class Registration {
 public:
  explicit Registration(Interest interest = Interest::both) : interest_(interest) {}
  Registration(Registration&& other) noexcept;
  Registration& operator=(Registration&& other) noexcept;
  ~Registration() { reset(); }

  /// Ready when `fd` is, as far as is known, which is cached: a look at it costs no system call.
  /// Otherwise the task is woken when it becomes so. Throws when it cannot be registered
  /// ("epoll_ctl ADD: …"), and std::logic_error outside of a runtime.
  Poll<Observed> poll_ready(int fd, Direction direction, Context& context);

  /// After a call on the descriptor has shown that there is no more: the next `poll_ready` waits
  /// for an event that came after `observed`.
  void clear(Direction direction, Observed observed) noexcept;

  /// Whoever waited for `direction` does not any more.
  void forget(Direction direction) noexcept;

  /// Deregisters. REQUIRES: the descriptor is open.
  void reset() noexcept;

 private:
  ScheduledIo& make(int fd);
  void watch_for_writing(bool on);

  std::atomic<ScheduledIo*> io_ = nullptr;  // none until it is registered
  Ref<Reactor> reactor_;                    // these three are written once, before `io_`
  common::SlabKey key_{};
  int fd_ = -1;
  SmallMutex mutex_;  // for the one who registers
  Interest interest_;
  bool watches_writing_ = false;
};

}  // namespace runtime
