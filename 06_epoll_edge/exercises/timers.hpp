// Exercise: timers. What may happen between the moment a timer is due and the moment it runs?
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "common/clock.hpp"

/// What a loop with one thread has to do later.
///
/// The loop waits for `timeout(now)` milliseconds, and then calls `run(now)`. What it runs is the
/// user's code, which may set timers and cancel any of them. Thread safety: none of its own.
class Timers {
 public:
  using Time = common::Clock::time_point;
  using Action = std::function<void()>;
  /// Sorted by time; with the same time, by who was set first.
  using Key = std::pair<Time, std::uint64_t>;

  /// Has `action` run once, at `time` or soon after. Returns what `cancel` takes.
  Key set(Time time, Action action);

  /// From now on this timer does not run, also if it is due already and others run before it. True
  /// if it would have run; false if it is running, has run, or was cancelled before.
  bool cancel(const Key& key);

  /// How long epoll_wait(2) may sleep until the earliest timer: in milliseconds, rounded up, or the
  /// loop would spin before each; 0 if one is due; -1, for ever, if there is none.
  [[nodiscard]] int timeout(Time now) const;

  /// Runs those that are due at `now`, in order. What they set is for the next `run`, so that a
  /// timer that sets itself again, for `now`, does not keep the loop here.
  void run(Time now);

 private:
  std::map<Key, Action> waiting_;
  std::uint64_t next_ = 0;  // the number of the timer that is set next
};
