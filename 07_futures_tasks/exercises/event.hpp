// Exercise: an event that tasks wait for.
//
// Tasks wait for the event; somebody sets it, once; then all of them go on. Who comes later does
// not wait. Who stops waiting, because its future is destroyed, is not woken.
//
// All on one thread. `Event` outlives the futures.
#pragma once

#include <cstddef>
#include <list>

#include "runtime/future/future.hpp"
#include "runtime/future/waker.hpp"

class Event {
 public:
  /// A future that is ready once the event is set.
  class [[nodiscard]] Wait {
   public:
    using Output = void;

    explicit Wait(Event& event) : event_(event) {}
    Wait(Wait&& other) noexcept : event_(other.event_) {}  // before it is polled
    ~Wait();

    runtime::Poll<void> poll(runtime::Context& context);

   private:
    Event& event_;
    [[maybe_unused]] bool waits_ = false;  // a waker of ours is in the event's list,
    [[maybe_unused]] std::list<runtime::Waker>::iterator place_;  // here
  };

  Event() = default;
  Event(Event&&) = delete;

  /// Wakes all who wait.
  void set();

  Wait wait() { return Wait(*this); }

  /// How many wakers are kept.
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  bool set_ = false;
  std::list<runtime::Waker> waiting_;
};
