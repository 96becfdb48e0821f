// Who may send next, when a channel is full? Whoever has waited longest: room is promised in turn.
//
// Thread safety: all of it. Invariants:
//  1. Room is promised before it is used: what is free, what is promised, and the values that are
//     there are together as many as the channel has room for. (Until the receiver is gone: then
//     nobody counts any more.)
//  2. While somebody waits, nothing is free: room that comes free is promised to the first in line,
//     so that nobody who comes later is served before.
//  3. No task is woken, and no value destroyed, under the mutex.
#pragma once

#include <cstddef>

#include "runtime/channels/wait_list.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/future/waker.hpp"
#include "runtime/task/small_mutex.hpp"

namespace runtime {

/// What of a channel does not depend on its values.
class ChannelRoom : public RefCounted {
 public:
  /// Throws std::invalid_argument if there is no room at all.
  explicit ChannelRoom(std::size_t room);

  void add_sender() noexcept;
  void remove_sender() noexcept;
  /// No more room is promised, and whoever waits for it is woken.
  void close() noexcept;
  [[nodiscard]] bool is_closed() const noexcept;
  /// `waiter` does not wait any more: what it was promised goes to the next one.
  void leave(Waiter& waiter) noexcept;
  /// Gives back room that was promised.
  void give_back() noexcept;
  /// The receiver does not wait any more.
  void forget_receiver() noexcept;

 protected:
  enum class Room : char { none, promised, closed };

  // REQUIRES for all of these: the mutex is held.

  /// Promises room to `waiter`, whose turn is then its `own`; or has it wait for that.
  Room ask(Waiter& waiter, const Context& context, Waker& dropped);
  /// The promise to `waiter` is kept.
  void keep(Waiter& waiter) {
    waiter.turn = Turn::not_yet;
    --promised_;
  }
  /// Promises room that has come free to the first in line, and returns whom to wake.
  [[nodiscard]] Waker promise_next() noexcept;
  /// No value will come any more, but for those that are there.
  [[nodiscard]] bool at_end() const { return promised_ == 0 && (closed_ || senders_ == 0); }

  mutable SmallMutex mutex_;  // guards what follows, and the waiters
  std::size_t free_;
  std::size_t promised_ = 0;
  std::size_t senders_ = 0;
  bool closed_ = false;
  WaitList waiting_;
  Waker receiver_;
};

}  // namespace runtime
