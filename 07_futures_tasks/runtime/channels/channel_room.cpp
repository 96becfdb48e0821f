#include "runtime/channels/channel_room.hpp"

#include <mutex>
#include <stdexcept>
#include <utility>

namespace runtime {

ChannelRoom::ChannelRoom(std::size_t room) : free_(room) {
  if (room == 0) throw std::invalid_argument("a channel needs room for one value at least");
}

void ChannelRoom::add_sender() noexcept {
  const std::lock_guard lock(mutex_);
  ++senders_;
}

void ChannelRoom::remove_sender() noexcept {
  WakeAtEnd receiver;
  const std::lock_guard lock(mutex_);
  --senders_;
  if (at_end()) receiver = std::exchange(receiver_, Waker());
}

void ChannelRoom::close() noexcept {
  WakeAtEnd receiver;
  std::unique_lock lock(mutex_);
  closed_ = true;
  if (at_end()) receiver = std::exchange(receiver_, Waker());
  waiting_.serve_all(lock);
}

bool ChannelRoom::is_closed() const noexcept {
  const std::lock_guard lock(mutex_);
  return closed_;
}

ChannelRoom::Room ChannelRoom::ask(Waiter& waiter, const Context& context, Waker& dropped) {
  if (waiter.turn == Turn::own) return Room::promised;
  if (closed_) {
    waiter.unlink();  // `close` may be on its way to it
    return Room::closed;
  }
  if (free_ > 0) {
    --free_;
    ++promised_;
    waiter.turn = Turn::own;
    return Room::promised;
  }
  if (!waiter.is_linked()) waiting_.push(waiter);
  dropped = waiter.store(context);
  return Room::none;
}

Waker ChannelRoom::promise_next() noexcept {
  if (waiting_.empty()) {
    ++free_;
    return Waker();
  }
  ++promised_;
  return waiting_.serve_first();
}

void ChannelRoom::give_back() noexcept {
  WakeAtEnd next;
  WakeAtEnd receiver;
  const std::lock_guard lock(mutex_);
  --promised_;
  next = promise_next();
  if (at_end()) receiver = std::exchange(receiver_, Waker());
}

void ChannelRoom::leave(Waiter& waiter) noexcept {
  bool promised;
  {
    const std::lock_guard lock(mutex_);
    waiter.unlink();
    promised = waiter.turn == Turn::own;
  }
  if (promised) give_back();
}

void ChannelRoom::forget_receiver() noexcept {
  Waker dropped;
  const std::lock_guard lock(mutex_);
  dropped = std::exchange(receiver_, Waker());
}

}  // namespace runtime
