// How do values get from many tasks to one? Through a channel with room for so many and no more:
// who sends faster than the other one receives, waits. That is backpressure.
//
// Thread safety: each Sender, Permit and Receiver is for one thread at a time; they are
// independent. One that was moved from throws `NoState`, and may be assigned to.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/channels/channel.hpp"
#include "runtime/channels/semaphore.hpp"
#include "runtime/future/future.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/future/small_futures.hpp"
#include "runtime/future/waker.hpp"

namespace runtime {

/// Room in a channel for one value: to destroy it gives that back. It keeps what it needs, and may
/// outlive the ends. Move-only.
template <class T>
class [[nodiscard]] Permit {
 public:
  /// REQUIRES: `channel` has a permit for it.
  explicit Permit(Channel<T>& channel) : channel_(&channel) { channel.add_ref(); }

  /// Sends at once. Returns the value if the receiver takes no more, and nothing otherwise. Throws
  /// `NoState` the second time.
  std::optional<T> send(T value) {
    auto letter = state_of(channel_).letter(nullptr, value);
    channel_->send(letter);
    const auto channel = Ref<Channel<T>>::adopt(channel_.release());
    return letter ? std::exchange(letter->value, std::nullopt) : std::nullopt;
  }

  /// True when nobody would receive it.
  [[nodiscard]] bool is_closed() const { return state_of(channel_).refuses(); }

 private:
  std::unique_ptr<Channel<T>, Leave<&Channel<T>::give_back>> channel_;
};

/// The end that sends; copies are ends of their own. A future that it returns refers to it, which
/// must not end, nor be moved, before that one ends.
template <class T>
class Sender {
  class Send;

 public:
  explicit Sender(Channel<T>* channel) : channel_(channel) {
    if (channel_) channel_->add_sender();
  }
  Sender(const Sender& other) noexcept : Sender(other.channel_.get()) {}
  Sender(Sender&& other) noexcept = default;
  Sender& operator=(Sender other) noexcept {
    channel_ = std::move(other.channel_);
    return *this;
  }

  /// A future that waits for room and sends `value`. Those who wait are served in the order in
  /// which they came. It results in std::optional<T>: nothing; or the value, when the channel is
  /// closed. To destroy it before it is ready is not to send: the value is destroyed with it. Where
  /// that would be a loss, `reserve` first.
  Send send(T value) & { return Send(*this, value); }

  /// A future of std::optional<Permit<T>>: room for one value; or nothing, when the channel is
  /// closed. To destroy it loses nothing but the place in line.
  [[nodiscard]] auto reserve() & {
    return then(state_of(channel_).acquire(), [](std::optional<Semaphore::Permit> permit) {
      using Reserved = std::optional<Permit<T>>;
      return permit ? Reserved(static_cast<Channel<T>&>(*permit->forget())) : Reserved();
    });
  }

  /// Sends without waiting. Returns the value if there is no room now, or the channel is closed.
  std::optional<T> try_send(T value) {
    auto permit = state_of(channel_).try_acquire();
    if (!permit) return value;
    return Permit<T>(static_cast<Channel<T>&>(*permit->forget())).send(std::move(value));
  }

  /// `send` for threads that are no tasks: blocks. Throws std::logic_error on one that runs tasks.
  std::optional<T> blocking_send(T value) { return block_thread_on(send(std::move(value))); }

  /// True when nobody will receive what is sent.
  [[nodiscard]] bool is_closed() const { return state_of(channel_).is_closed(); }

 private:
  class [[nodiscard]] Send : private Semaphore::Acquire {
   public:
    using Output = std::optional<T>;

    Send(Sender& sender, T& value)
        : Acquire(state_of(sender.channel_)),
          sender_(&sender),
          letter_(Channel<T>::letter(std::move(sender.empty_), value)) {}

    Poll<Output> poll(Context& context) {
      WakeAtEnd receiver;
      const bool over = this->poll_turn(context, [&](Semaphore& channel) {
        receiver = static_cast<Channel<T>&>(channel).put(letter_);
      });
      if (!over) return pending;
      if (letter_ && letter_->value) return std::move(letter_->value);
      sender_->empty_ = std::move(letter_);
      return Output();
    }

   private:
    Sender* sender_;
    typename Channel<T>::Letter letter_;
  };

  std::unique_ptr<Channel<T>, Leave<&Channel<T>::remove_sender>> channel_;
  typename Channel<T>::Letter empty_;  // for the next value
};

/// The end that receives. Move-only. What `receive` returns must not outlive it.
template <class T>
class Receiver {
  class Receive;

 public:
  explicit Receiver(Channel<T>& channel) : channel_(&channel) { channel.add_ref(); }

  /// A future of the next value, as std::optional<T>: nothing when no more can come, because all
  /// senders are gone or `close` was called. Values that are on their way then come first. To
  /// destroy it loses no value. One at a time.
  Receive receive() & { return Receive(state_of(channel_)); }

  /// The same for futures written by hand. Only the last poll's task is woken.
  Poll<std::optional<T>> poll_receive(Context& context) {
    return state_of(channel_).poll_receive(context);
  }

  /// `receive` for threads that are no tasks: blocks. Throws std::logic_error on one that runs
  /// tasks.
  std::optional<T> blocking_receive() { return block_thread_on(receive()); }

  /// Has all that send from now on get their values back; but what was promised still comes.
  void close() { state_of(channel_).close(); }
  /// Has those get theirs back, too.
  void refuse() { state_of(channel_).refuse(); }

 private:
  class [[nodiscard]] Receive {
   public:
    using Output = std::optional<T>;

    explicit Receive(Channel<T>& channel) : channel_(&channel) {}

    Poll<Output> poll(Context& context) {
      auto result = state_of(channel_).poll_receive(context);
      if (result.is_ready()) static_cast<void>(channel_.release());
      return result;
    }

   private:
    struct Forget {
      void operator()(Channel<T>* channel) const noexcept { channel->forget_receiver(); }
    };
    std::unique_ptr<Channel<T>, Forget> channel_;
  };

  std::unique_ptr<Channel<T>, Leave<&Channel<T>::remove_receiver>> channel_;
};

/// The two ends of a channel.
template <class T>
struct Mpsc {
  Sender<T> sender;
  Receiver<T> receiver;
};

/// A channel with room for `room` values, at least one, besides the one that the receiver has in
/// its hands: many producers, single consumer. Throws std::invalid_argument for no room. Like
/// Tokio's `mpsc::channel`.
///
///     Mpsc<std::string> lines = mpsc<std::string>(16);
template <class T>
Mpsc<T> mpsc(std::size_t room) {
  const auto channel = Ref<Channel<T>>::adopt(new Channel<T>(room));
  return {Sender<T>(channel.get()), Receiver<T>(*channel)};
}

}  // namespace runtime
