// How does one task tell another that something has changed? With a Notify, which carries no value.
#pragma once

#include <cassert>
#include <cstdint>

#include "runtime/channels/wait_list.hpp"
#include "runtime/future/future.hpp"
#include "runtime/task/small_mutex.hpp"

namespace runtime {

/// Tasks wait for it, and whoever has changed something notifies them: one, or all. Like Tokio's.
///
///     auto changed = notify.notified();  // first: what changes from here on is not missed
///     if (!as_it_should_be()) co_await changed;
///
/// Must outlive its futures. Thread safety: all of it.
class Notify {
 public:
  class Notified;

  Notify() = default;
  Notify(Notify&&) = delete;

  /// A future that is ready when its turn has come. `notify_all` counts from this call on, also
  /// before the first poll. To destroy it is to leave the line; and if its turn had come, and it
  /// was not polled since, the next one's turn comes instead.
  [[nodiscard]] Notified notified();

  /// It is the turn of the one that has waited longest. If nobody waits, the next one who comes
  /// will not wait: one only, however often this was called.
  void notify_one() noexcept;

  /// It is the turn of all that wait now, and of nobody who comes later.
  void notify_all() noexcept;

 private:
  SmallMutex mutex_;  // guards what follows, and the waiters
  bool kept_ = false;
  std::uint64_t calls_ = 0;  // of `notify_all`
  WaitList waiting_;
};

class [[nodiscard]] Notify::Notified {
 public:
  using Output = void;

  explicit Notified(Notify& notify);
  /// REQUIRES: not polled yet.
  Notified(Notified&& other) noexcept : notify_(other.notify_), calls_(other.calls_) {
    assert(!other.waiter_.is_linked());
  }
  ~Notified();

  Poll<void> poll(Context& context);

 private:
  Notify* notify_;
  std::uint64_t calls_;
  Waiter waiter_;  // guarded by the mutex of `notify_`
};

}  // namespace runtime
