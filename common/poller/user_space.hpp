// How does a thread reach a poller that may be asleep? Inside of poller.hpp, where the contract is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <vector>

#include "common/fd.hpp"
#include "common/poller/poller.hpp"
#include "common/poller/slab.hpp"

namespace common {

/// The registrations of user space, the queue of those that are ready, and the sleep state. Shared
/// by the poller and everything that can wake it, so that the eventfd is open for as long as
/// anybody may write to it. All members may be called from any thread.
class UserSpace {
 public:
  explicit UserSpace(Wakeup wakeup);

  struct Registration {
    Token token;
    ReadySet interest;
    PollOpt opt;
    ReadySet readiness{};
    bool armed = true;    // false from a oneshot's event to the next modify
    bool queued = false;  // which of the two lists it is in
  };

  /// Puts one under a new key; `erase` takes it away again.
  SlabKey insert(const Registration& registration);
  void erase(SlabKey key);
  /// What was set last; empty if the registration is gone.
  ReadySet readiness(SlabKey key);
  /// Changes a registration, unless it is gone, and wakes the poller if that made an event.
  template <class Change>
  void change(SlabKey key, Change change);

  /// How an epoll_wait should be called.
  struct Plan {
    std::size_t room;  // for the kernel's events
    int timeout;
  };
  /// The last look at the queue before epoll_wait; from here on the poller counts as asleep.
  Plan begin_wait(std::size_t capacity, int timeout);
  /// The first look after it. Adds to `events` what is queued, up to `capacity`.
  void end_wait(std::vector<Event>& events, std::size_t capacity);

  bool asleep();
  std::uint64_t writes();
  int eventfd() const { return eventfd_.get(); }

 private:
  // What the one thread in `wait` is doing. `-` cannot happen.
  //
  //            begin_wait with an     any other      an event      end_wait
  //            empty queue that       begin_wait     is queued
  //            may take time
  //  running   asleep                 looking        running       -
  //  looking   -                      -              looking       running
  //  asleep    -                      -              woken, write  running
  //  woken     -                      -              woken         running
  //
  // The look at the queue and the step to `asleep` are one, under the mutex: an event is queued
  // either before, and the poller does not sleep, or after, and the eventfd is written. If the
  // write comes before epoll_wait has begun, it finds the edge and returns at once. If the sleep
  // has ended for another reason when the write comes, then a later wait returns early.
  enum class State { running, looking, asleep, woken };

  using List = std::list<Registration>;

  [[nodiscard]] bool settle(List::iterator registration);
  Event hand_out(List::iterator registration);
  void move(List::iterator registration, bool to_queue);

  const Wakeup wakeup_;
  const Fd eventfd_;
  std::mutex mutex_;  // guards what follows
  State state_ = State::running;
  std::uint64_t writes_ = 0;
  // Every registration is in one of these. To move it takes no memory, so `set` cannot fail.
  List queue_;
  List others_;
  Slab<List::iterator> registrations_;
};

}  // namespace common
