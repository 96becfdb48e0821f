// How does one value get from one task to another? Through a oneshot.
//
// Thread safety: each end is for one thread at a time; the two ends are independent.
#pragma once

#include <mutex>
#include <optional>
#include <utility>

#include "runtime/future/future.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/future/waker.hpp"
#include "runtime/task/small_mutex.hpp"

namespace runtime {

/// What the two ends share.
template <class T>
struct OneshotState : RefCounted {
  SmallMutex mutex;  // guards what follows
  std::optional<T> value;
  Waker receiver;
  bool open = true;  // both ends are there, and nothing was sent
};

/// The end that sends. To destroy it, or to assign to it, is to send nothing. Move-only.
template <class T>
class OneshotSender {
 public:
  explicit OneshotSender(Ref<OneshotState<T>> state) : state_(std::move(state)) {}
  OneshotSender(OneshotSender&&) noexcept = default;
  OneshotSender& operator=(OneshotSender other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~OneshotSender() {
    if (state_) close(std::nullopt);
  }

  /// Sends `value` and wakes who waits for it. Never waits. Returns the value if the receiver is
  /// gone, and nothing otherwise. REQUIRES: nothing was sent yet.
  std::optional<T> send(T value) { return close(std::move(value)); }

  /// True when nobody will receive it. REQUIRES: nothing was sent yet.
  [[nodiscard]] bool is_closed() const {
    const std::lock_guard lock(state_->mutex);
    return !state_->open;
  }

 private:
  std::optional<T> close(std::optional<T> value) {
    const Ref<OneshotState<T>> state = std::exchange(state_, {});
    WakeAtEnd receiver;
    const std::lock_guard lock(state->mutex);
    if (!std::exchange(state->open, false)) return value;
    receiver = std::exchange(state->receiver, Waker());  // also if T's move throws
    state->value = std::move(value);
    return std::nullopt;
  }

  Ref<OneshotState<T>> state_;
};

/// The end that receives: a future of std::optional<T>, which is empty when the sender is gone and
/// has sent nothing. It may be awaited in several goes, as an lvalue under a timeout. Move-only.
template <class T>
class [[nodiscard]] OneshotReceiver {
 public:
  using Output = std::optional<T>;

  explicit OneshotReceiver(Ref<OneshotState<T>> state) : state_(std::move(state)) {}
  OneshotReceiver(OneshotReceiver&&) noexcept = default;
  OneshotReceiver& operator=(OneshotReceiver other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~OneshotReceiver() {
    if (state_) close();
  }

  Poll<Output> poll(Context& context) {
    Waker dropped;
    const std::lock_guard lock(state_->mutex);
    if (!state_->open) return std::exchange(state_->value, std::nullopt);
    if (!context.is_stored_in(state_->receiver)) {
      dropped = std::exchange(state_->receiver, context.waker());
    }
    return pending;
  }

  /// No value is taken any more: `send` returns it. One that was sent before can still be had.
  void close() noexcept {
    Waker dropped;
    const std::lock_guard lock(state_->mutex);
    state_->open = false;
    dropped = std::exchange(state_->receiver, Waker());
  }

 private:
  Ref<OneshotState<T>> state_;
};

/// The two ends of one.
template <class T>
struct Oneshot {
  OneshotSender<T> sender;
  OneshotReceiver<T> receiver;
};

/// `Oneshot<int> answer = oneshot<int>();`, and then give away the ends. Like Tokio's.
template <class T>
Oneshot<T> oneshot() {
  const auto state = Ref<OneshotState<T>>::adopt(new OneshotState<T>);
  return {OneshotSender<T>(state), OneshotReceiver<T>(state)};
}

}  // namespace runtime
