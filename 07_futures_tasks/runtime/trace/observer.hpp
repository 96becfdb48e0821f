// Who may look on while the runtime works? An observer, which it tells what it does.
#pragma once

#include <cstddef>
#include <mutex>

#include "common/poller/poller.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/trace/place.hpp"

namespace runtime {

class Task;

/// What became of a poll. `aborted`: the future was destroyed instead.
enum class Polled : char { waits, ready, failed, aborted };

/// Is called from any thread. Whoever may have one has a pointer to it, which is null when nobody
/// looks on: to ask for that is all that it then costs. `Trace` is one.
class Observer : public RefCounted {
 public:
  virtual void spawned(const Task& task, const Place& where) = 0;
  // These two are called with `mutex()` held, and so is the step of the task's state that they tell
  // of: observer and state agree which of two steps was first.
  virtual void woken(const Task& task) = 0;
  virtual void poll_begins(const Task& task) = 0;
  /// Unless it waits, this was the task's last poll. So many operations were `ready` in it: with
  /// none, it was polled for nothing, or does nothing that its context is asked for.
  virtual void poll_ends(const Task& task, Polled result, int ready) = 0;

  /// `what` is "park" or "look".
  virtual void turn_begins(const char* what) = 0;
  /// A descriptor is ready; `fd` is -1 for one that is gone.
  virtual void heard(int fd, common::ReadySet ready) = 0;
  /// A thread that is not the driver's has woken the driver.
  virtual void heard_of_thread() = 0;
  virtual void turn_ends(std::size_t timers_fired) = 0;

  [[nodiscard]] std::mutex& mutex() { return mutex_; }

 private:
  std::mutex mutex_;
};

}  // namespace runtime
