// How does one value get from one task to another? Through a oneshot: a channel with one permit,
// and no sender besides.
//
// Thread safety: each end is for one thread at a time; the two ends are independent. One that was
// used, or moved from, throws `NoState`, and may be assigned to.
#pragma once

#include <optional>
#include <utility>

#include "runtime/channels/channel.hpp"
#include "runtime/channels/mpsc.hpp"
#include "runtime/future/future.hpp"
#include "runtime/future/ref.hpp"

namespace runtime {

/// The end that sends, once, and never waits. To destroy it, or to assign to it, is to send
/// nothing.
template <class T>
using OneshotSender = Permit<T>;

/// The end that receives: a future of std::optional<T>, which is empty when the sender is gone and
/// has sent nothing. It may be awaited in several goes, as an lvalue under a timeout. Move-only.
template <class T>
class [[nodiscard]] OneshotReceiver {
 public:
  using Output = std::optional<T>;

  explicit OneshotReceiver(Channel<T>& channel) : receiver_(channel) {}

  Poll<Output> poll(Context& context) {
    auto result = receiver_.poll_receive(context);
    if (result.is_ready()) const Receiver<T> over = std::move(receiver_);
    return result;
  }

  /// No value is taken any more: `send` returns it. One that was sent before can still be had.
  void close() { receiver_.refuse(); }

  /// The result, for threads that are no tasks: blocks. Throws std::logic_error on one that runs
  /// tasks.
  Output blocking_receive() { return block_thread_on(*this); }

 private:
  Receiver<T> receiver_;
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
  const auto channel = Ref<Channel<T>>::adopt(new Channel<T>(1));
  channel->try_acquire()->forget();  // for the sender, and for nobody else
  channel->close();
  return {OneshotSender<T>(*channel), OneshotReceiver<T>(*channel)};
}

}  // namespace runtime
