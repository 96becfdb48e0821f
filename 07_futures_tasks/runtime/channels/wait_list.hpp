// Who waits for a thing that many may wait for? Those in its line: first come, first served.
//
// Thread safety: one mutex for all that a line, its owner and those in it share. Invariant: nobody
// is woken under it.
#pragma once

#include <cassert>
#include <cstdint>
#include <mutex>
#include <utility>

#include "runtime/future/context.hpp"
#include "runtime/future/future.hpp"
#include "runtime/future/waker.hpp"
#include "runtime/task/small_mutex.hpp"

namespace runtime {

/// What has a line: a base.
class WaitList {
 public:
  WaitList() = default;
  WaitList(WaitList&&) = delete;

 protected:
  /// One place, linked in a ring with the line's own, so that it can be left without knowing which
  /// line it is in.
  struct Place {
    [[nodiscard]] bool is_linked() const { return next != this; }
    /// To the end of the line.
    void enter(Place& line) noexcept {
      next = &line;
      previous = std::exchange(line.previous, this);
      previous->next = this;
    }
    Waker leave() noexcept {
      next->previous = previous;
      previous->next = next;
      next = previous = this;
      return std::exchange(waker, Waker());
    }

    Place* next = this;
    Place* previous = this;
    Waker waker;
    bool served = false;      ///< its turn came, as the first in line
    std::uint64_t round = 0;  ///< how often all were served before it came
  };

  /// A future that waits in line: a base. To destroy it is to leave the line.
  class Waiting {
   public:
    Waiting(WaitList& list, std::uint64_t round) : list_(&list) { place_.round = round; }
    /// REQUIRES: not polled yet.
    Waiting(Waiting&& other) noexcept : list_(std::exchange(other.list_, nullptr)) {
      assert(!other.place_.is_linked());
      place_.round = other.place_.round;
    }
    ~Waiting() {
      if (list_ == nullptr) return;
      Waker dropped;
      std::unique_lock lock(list_->mutex_);
      dropped = place_.leave();
      lock.unlock();
      if (place_.served) list_->pass_on();  // nobody else knows of the place any more
    }

   protected:
    /// True, once, when `is_over`, which is called with the list and its place under the mutex,
    /// says so. Otherwise it is in line.
    template <class IsOver>
    bool poll_place(Context& context, IsOver is_over) {
      if (list_ == nullptr) throw NoState();
      if (!context.spend()) return false;
      Waker dropped;
      const std::lock_guard lock(list_->mutex_);
      if (is_over(*list_, std::as_const(place_))) {
        dropped = place_.leave();  // `serve_all` may be on its way to it
        list_ = nullptr;
        return true;
      }
      if (!place_.is_linked()) place_.enter(list_->line_);
      if (!context.is_stored_in(place_.waker)) {
        dropped = std::exchange(place_.waker, context.waker());
      }
      context.take_back();
      return false;
    }

   private:
    WaitList* list_;  // nullptr when it is over
    Place place_;     // guarded by the mutex
  };

  virtual ~WaitList() = default;

  /// Someone has left when their turn had come: it is the next one's.
  virtual void pass_on() noexcept = 0;

  // REQUIRES for all of these: the mutex is held.

  [[nodiscard]] bool is_empty() const { return !line_.is_linked(); }
  /// How often all were served.
  [[nodiscard]] std::uint64_t rounds() const { return line_.round; }

  /// It is the turn of the first in line. Returns its waker, to be woken without the mutex; with
  /// nobody there, one that wakes nobody.
  [[nodiscard]] Waker serve_first() noexcept {
    if (is_empty()) return Waker();
    line_.next->served = true;
    return line_.next->leave();
  }

  /// It is the turn of all that are in line now. Wakes them, one by one, without the mutex; those
  /// who come meanwhile are not among them. Releases the lock: when the last one wakes, the line
  /// may be gone.
  void serve_all(std::unique_lock<SmallMutex>& lock) noexcept {
    ++line_.round;
    Place all;  // takes the line's place in the ring, and is under the mutex as that was
    all.enter(line_);
    line_.leave();
    for (bool more = true; more;) {
      WakeAtEnd first;
      if (!lock.owns_lock()) lock.lock();
      first = all.next->leave();
      more = all.is_linked();
      lock.unlock();
    }
  }

  mutable SmallMutex mutex_;

 private:
  Place line_;  // its next one is the first in line, its previous one the last
};

}  // namespace runtime
