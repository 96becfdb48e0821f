// What do the two ends of an mpsc share? Values, room for more, and those who wait for either.
//
// Thread safety: all of it. Invariants:
//  1. Room is promised before it is used: what is free, what is promised, and the values that are
//     there are together as many as the channel has room for. (Until the receiver is gone: then
//     nobody counts any more.)
//  2. While somebody waits, nothing is free: room that comes free is promised to the first in line,
//     so that nobody who comes later is served before.
//  3. No task is woken, and no value destroyed, under the mutex.
#pragma once

#include <deque>
#include <mutex>
#include <optional>

#include "runtime/channels/wait_list.hpp"
#include "runtime/future/future.hpp"
#include "runtime/task/small_mutex.hpp"

namespace runtime {

/// What does not depend on the values.
class Channel : public RefCounted {
 public:
  /// Throws std::invalid_argument if there is no room at all.
  explicit Channel(std::size_t room);

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

/// A channel, and the values in it.
template <class T>
class ChannelOf final : public Channel {
 public:
  using Channel::Channel;

  /// Ready with nothing once `value` is in the channel, or with the value if it is closed.
  Poll<std::optional<T>> poll_send(Waiter& waiter, Context& context, T& value) {
    Waker dropped;
    WakeAtEnd receiver;
    const std::lock_guard lock(mutex_);
    const Room room = ask(waiter, context, dropped);
    if (room == Room::none) return pending;
    if (room == Room::closed || receiver_gone_) return std::optional<T>(std::move(value));
    put(value, receiver);
    keep(waiter);
    return std::optional<T>();
  }

  /// Ready with true once there is room for `waiter`, or with false if the channel is closed.
  Poll<bool> poll_reserve(Waiter& waiter, Context& context) {
    Waker dropped;
    const std::lock_guard lock(mutex_);
    const Room room = ask(waiter, context, dropped);
    if (room == Room::none) return pending;
    return room == Room::promised;
  }

  /// Uses room that was promised.
  std::optional<T> send_promised(T& value) {
    WakeAtEnd receiver;
    const std::lock_guard lock(mutex_);
    if (receiver_gone_) return std::move(value);
    put(value, receiver);
    --promised_;
    return std::nullopt;
  }

  std::optional<T> try_send(T& value) {
    WakeAtEnd receiver;
    const std::lock_guard lock(mutex_);
    if (closed_ || free_ == 0) return std::move(value);
    put(value, receiver);
    --free_;
    return std::nullopt;
  }

  /// Ready with the next value, or with nothing if none will come.
  Poll<std::optional<T>> poll_receive(Context& context) {
    if (!context.spend()) return pending;
    Waker dropped;
    WakeAtEnd next;
    const std::lock_guard lock(mutex_);
    if (!values_.empty()) {
      std::optional<T> value(std::move(values_.front()));
      values_.pop_front();
      next = promise_next();
      return value;
    }
    if (at_end()) return std::optional<T>();
    if (!context.is_stored_in(receiver_)) dropped = std::exchange(receiver_, context.waker());
    context.take_back();
    return pending;
  }

  /// Nobody will receive what is there, or comes yet.
  void remove_receiver() noexcept {
    close();
    forget_receiver();
    {
      const std::lock_guard lock(mutex_);
      receiver_gone_ = true;
    }
    values_.clear();  // nobody touches them any more
  }

 private:
  /// REQUIRES: the mutex is held.
  void put(T& value, WakeAtEnd& receiver) {
    values_.push_back(std::move(value));
    receiver = std::exchange(receiver_, Waker());
  }

  std::deque<T> values_;  // guarded by the mutex, until the receiver is gone
  bool receiver_gone_ = false;
};

}  // namespace runtime
