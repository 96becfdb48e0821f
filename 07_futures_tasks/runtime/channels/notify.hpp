// How does one task tell another that something has changed? With a Notify, which carries no value.
//
// Thread safety: all of it; a future is for one thread at a time.
#pragma once

#include <mutex>
#include <utility>

#include "runtime/channels/wait_list.hpp"
#include "runtime/future/future.hpp"
#include "runtime/future/waker.hpp"

namespace runtime {

/// Tasks wait for it, and whoever has changed something notifies them: one, or all. Like Tokio's.
///
///     auto changed = notify.notified();  // first: what changes from here on is not missed
///     if (!as_it_should_be()) co_await changed;
///
/// Must outlive its futures.
class Notify : public WaitList {
 public:
  class [[nodiscard]] Notified : public Waiting {
   public:
    using Output = void;
    using Waiting::Waiting;

    Poll<void> poll(Context& context) {
      const bool its_turn = poll_place(context, [](WaitList& list, const Place& place) {
        auto& notify = static_cast<Notify&>(list);
        return place.served || place.round != notify.rounds() ||
               (!place.is_linked() && std::exchange(notify.kept_, false));
      });
      return its_turn ? Poll<void>(done) : pending;
    }
  };

  /// A future that is ready when its turn has come. `notify_all` counts from this call on, also
  /// before the first poll. To destroy it is to leave the line; and if its turn had come, and it
  /// was not polled since, the next one's turn comes instead.
  [[nodiscard]] Notified notified() {
    const std::lock_guard lock(mutex_);
    return Notified(*this, rounds());
  }

  /// It is the turn of the one that has waited longest. If nobody waits, the next one who comes
  /// will not wait: one only, however often this was called.
  void notify_one() noexcept {
    WakeAtEnd first;
    const std::lock_guard lock(mutex_);
    kept_ = is_empty();
    first = serve_first();
  }

  /// It is the turn of all that wait now, and of nobody who comes later.
  void notify_all() noexcept {
    std::unique_lock lock(mutex_);
    serve_all(lock);
  }

 private:
  void pass_on() noexcept override { notify_one(); }

  bool kept_ = false;  // guarded by the mutex
};

}  // namespace runtime
