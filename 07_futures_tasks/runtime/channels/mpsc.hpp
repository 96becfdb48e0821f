// How do values get from many tasks to one? Through a channel with room for so many and no more:
// who sends faster than the other one receives, waits. That is backpressure.
//
// Thread safety: each Sender and the Receiver are for one thread at a time; they are independent.
// What they share, the Channel, is for all threads.
#pragma once

#include <cassert>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "runtime/channels/channel_room.hpp"
#include "runtime/channels/wait_list.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/future/waker.hpp"

namespace runtime {

/// A channel, and the values in it.
template <class T>
class Channel final : public ChannelRoom {
 public:
  using ChannelRoom::ChannelRoom;

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

/// What futures that wait for room have in common: to destroy one is to leave the line.
template <class T>
class RoomWait {
 public:
  explicit RoomWait(Channel<T>& channel) : channel_(&channel) {}
  RoomWait(RoomWait&& other) noexcept : channel_(other.channel_) {
    assert(!other.waiting_ && "it was polled");
  }
  ~RoomWait() {
    if (waiting_) channel_->leave(waiter_);
  }

 protected:
  /// Ready when `poll`, a function of the channel and the waiter, is.
  template <class PollRoom>
  std::invoke_result_t<PollRoom&, Channel<T>&, Waiter&> poll_room(Context& context, PollRoom poll) {
    if (!context.spend()) return pending;
    waiting_ = true;  // also if it throws
    auto result = poll(*channel_, waiter_);
    waiting_ = !result.is_ready();
    if (waiting_) context.take_back();
    return result;
  }

  Channel<T>* channel_;

 private:
  Waiter waiter_;
  bool waiting_ = false;
};

/// Room in the channel for one value: to destroy it gives that back. Move-only.
template <class T>
class [[nodiscard]] Permit {
 public:
  explicit Permit(Channel<T>& channel) : channel_(&channel) {}
  Permit(Permit&& other) noexcept : channel_(std::exchange(other.channel_, nullptr)) {}
  Permit& operator=(Permit other) noexcept {
    std::swap(channel_, other.channel_);
    return *this;
  }
  ~Permit() {
    if (channel_ != nullptr) channel_->give_back();
  }

  /// Sends at once. Returns the value if the receiver is gone, and nothing otherwise. REQUIRES: not
  /// called before.
  std::optional<T> send(T value) {
    std::optional<T> unsent = channel_->send_promised(value);
    channel_ = nullptr;
    return unsent;
  }

 private:
  Channel<T>* channel_;
};

/// The end that sends; copies are ends of their own. What it returns must not outlive it.
template <class T>
class Sender {
  class Send;
  class Reserve;

 public:
  explicit Sender(Ref<Channel<T>> channel) : channel_(std::move(channel)) {
    if (channel_) channel_->add_sender();
  }
  Sender(const Sender& other) : Sender(other.channel_) {}
  Sender(Sender&& other) noexcept = default;
  Sender& operator=(Sender other) noexcept {
    std::swap(channel_, other.channel_);
    return *this;
  }
  ~Sender() {
    if (channel_) channel_->remove_sender();
  }

  /// A future that waits for room and sends `value`. Those who wait are served in the order in
  /// which they came. It results in std::optional<T>: nothing; or the value, when the channel is
  /// closed. To destroy it before it is ready is not to send: the value is destroyed with it. Where
  /// that would be a loss, `reserve` first.
  Send send(T value) { return Send(*channel_, std::move(value)); }

  /// A future of std::optional<Permit<T>>: room for one value; or nothing, when the channel is
  /// closed. To destroy it loses nothing but the place in line.
  Reserve reserve() { return Reserve(*channel_); }

  /// Sends without waiting. Returns the value if there is no room now, or the channel is closed.
  std::optional<T> try_send(T value) { return channel_->try_send(value); }

  [[nodiscard]] bool is_closed() const { return channel_->is_closed(); }

 private:
  class [[nodiscard]] Send : public RoomWait<T> {
   public:
    using Output = std::optional<T>;
    Send(Channel<T>& channel, T value) : RoomWait<T>(channel), value_(std::move(value)) {}

    Poll<Output> poll(Context& context) {
      return this->poll_room(context, [&](Channel<T>& channel, Waiter& waiter) {
        return channel.poll_send(waiter, context, value_);
      });
    }

   private:
    T value_;
  };

  class [[nodiscard]] Reserve : public RoomWait<T> {
   public:
    using Output = std::optional<Permit<T>>;
    using RoomWait<T>::RoomWait;

    Poll<Output> poll(Context& context) {
      auto room = this->poll_room(context, [&](Channel<T>& channel, Waiter& waiter) {
        return channel.poll_reserve(waiter, context);
      });
      if (!room.is_ready()) return pending;
      if (!room.take()) return Output();
      return Output(Permit<T>(*this->channel_));
    }
  };

  Ref<Channel<T>> channel_;
};

/// The end that receives. Move-only. What it returns must not outlive it.
template <class T>
class Receiver {
  class Receive;

 public:
  explicit Receiver(Ref<Channel<T>> channel) : channel_(std::move(channel)) {}
  Receiver(Receiver&&) noexcept = default;
  Receiver& operator=(Receiver other) noexcept {
    std::swap(channel_, other.channel_);
    return *this;
  }
  ~Receiver() {
    if (channel_) channel_->remove_receiver();
  }

  /// A future of the next value, as std::optional<T>: nothing when no more can come, because all
  /// senders are gone or `close` was called. Values that are on their way then come first. To
  /// destroy it loses no value. One at a time.
  Receive receive() { return Receive(*channel_); }

  /// The same for futures written by hand. Only the last poll's task is woken.
  Poll<std::optional<T>> poll_receive(Context& context) { return channel_->poll_receive(context); }

  /// Has all that send from now on get their values back.
  void close() noexcept { channel_->close(); }

 private:
  class [[nodiscard]] Receive {
   public:
    using Output = std::optional<T>;
    explicit Receive(Channel<T>& channel) : channel_(&channel) {}
    Receive(Receive&& other) noexcept : channel_(other.channel_) { assert(!other.waiting_); }
    ~Receive() {
      if (waiting_) channel_->forget_receiver();
    }

    Poll<Output> poll(Context& context) {
      waiting_ = true;
      auto result = channel_->poll_receive(context);
      waiting_ = !result.is_ready();
      return result;
    }

   private:
    Channel<T>* channel_;
    bool waiting_ = false;
  };

  Ref<Channel<T>> channel_;
};

/// The two ends of a channel.
template <class T>
struct Mpsc {
  Sender<T> sender;
  Receiver<T> receiver;
};

/// A channel with room for `room` values, at least one: many producers, single consumer. Throws
/// std::invalid_argument for no room. Like Tokio's `mpsc::channel`.
///
///     Mpsc<std::string> lines = mpsc<std::string>(16);
template <class T>
Mpsc<T> mpsc(std::size_t room) {
  const auto channel = Ref<Channel<T>>::adopt(new Channel<T>(room));
  return {Sender<T>(channel), Receiver<T>(channel)};
}

}  // namespace runtime
