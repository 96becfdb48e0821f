// Who waits for a thing that many may wait for? Those in its line: first come, first served.
//
// Thread safety: none. Whoever has the line has a mutex for it, and for all waiters in it.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <utility>

#include "runtime/future/context.hpp"
#include "runtime/future/waker.hpp"

namespace runtime {

/// A place in a line. It is linked in a ring with the line's own place, so that it can step out
/// without knowing which line it is in, and a whole line can be moved at once.
class Link {
 public:
  Link() = default;
  Link(Link&&) = delete;

  [[nodiscard]] bool is_linked() const { return next_ != this; }

  void unlink() noexcept {
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = this;
  }

 private:
  friend class WaitList;
  Link* next_ = this;
  Link* previous_ = this;
};

/// Whose turn it is, as far as a waiter knows.
enum class Turn : char {
  not_yet,
  own,    ///< it was the first in line
  of_all  ///< it was in line when all were served
};

/// One task in a line: a part of the future that waits, which takes it out when it is destroyed.
class Waiter : public Link {
 public:
  Turn turn = Turn::not_yet;  // set when it is taken from the line

  /// `context`'s task is the one to wake. Returns the old waker, to be dropped without the mutex.
  [[nodiscard]] Waker store(const Context& context) {
    if (context.is_stored_in(waker_)) return Waker();
    return std::exchange(waker_, context.waker());
  }

 private:
  friend class WaitList;
  Waker waker_;
};

/// The line.
class WaitList {
 public:
  [[nodiscard]] bool empty() const { return !ring_.is_linked(); }

  /// To the end of the line. REQUIRES: not in one.
  void push(Waiter& waiter) noexcept {
    waiter.previous_ = ring_.previous_;
    waiter.next_ = &ring_;
    ring_.previous_->next_ = &waiter;
    ring_.previous_ = &waiter;
  }

  /// Serves the first one. Returns its waker, to be woken without the mutex; with nobody there, one
  /// that wakes nobody.
  [[nodiscard]] Waker serve_first(Turn turn = Turn::own) noexcept {
    if (empty()) return Waker();
    auto& first = static_cast<Waiter&>(*ring_.next_);
    first.unlink();
    first.turn = turn;
    return std::exchange(first.waker_, Waker());
  }

  /// Serves all that are in line now, and wakes them: a few at a time, without the mutex. Those who
  /// come meanwhile are not among them. Releases the lock: when the last ones wake, the line may be
  /// gone.
  template <class Mutex>
  void serve_all(std::unique_lock<Mutex>& lock) noexcept {
    WaitList all;  // its ring, too, is under the mutex: a waiter may step out of it
    all.take(*this);
    for (;;) {
      std::array<Waker, 16> to_wake;
      std::size_t count = 0;
      while (count < to_wake.size() && !all.empty()) {
        to_wake[count++] = all.serve_first(Turn::of_all);
      }
      const bool last = all.empty();
      lock.unlock();
      for (Waker& waker : to_wake) std::exchange(waker, Waker()).wake();
      if (last) return;
      lock.lock();
    }
  }

 private:
  void take(WaitList& other) noexcept {
    if (other.empty()) return;
    ring_.next_ = std::exchange(other.ring_.next_, &other.ring_);
    ring_.previous_ = std::exchange(other.ring_.previous_, &other.ring_);
    ring_.next_->previous_ = &ring_;
    ring_.previous_->next_ = &ring_;
  }

  Link ring_;  // its next one is the first in line, its previous one the last
};

}  // namespace runtime
