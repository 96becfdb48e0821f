// Who hears the kernel's news, and tells it to the tasks that wait? The reactor.
//
// Thread safety: `turn` is for one thread at a time; everything else is for any thread, also while
// that one waits. The names and the division of labour are those of Tokio's first reactor.
//
// Invariants:
//  1. A `turn` is one wait of the poller, which is one epoll_wait(2).
//  2. A descriptor is registered once, edge-triggered.
//  3. Events carry a slab's key. A late event of a registration that is gone finds nothing,
//  although
//     the descriptor's number may be in use again.
//  4. Wakers are collected under the mutex, and woken after it is released.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "common/clock.hpp"
#include "common/poller/poller.hpp"
#include "common/poller/slab.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/future/waker.hpp"
#include "runtime/io/scheduled_io.hpp"
#include "runtime/trace/trace.hpp"

namespace runtime {

class Reactor : public RefCounted {
 public:
  /// What it hears goes to `trace`, if there is one. Errors: those of `common::Poller`.
  explicit Reactor(const Ref<Trace>& trace = {});

  /// Waits until something happens, for `limit` at the longest (without one: for ever), and wakes
  /// the tasks that it concerns. May return early. Returns how many events came.
  std::size_t turn(std::optional<common::Duration> limit);

  /// Makes the `turn` that waits now, or the next one, return. Costs a system call only in the
  /// first case.
  void wake();

  /// How often `turn` has waited.
  [[nodiscard]] std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }

  // For `Registration`:

  struct Entry {
    common::SlabKey key;
    ScheduledIo* io;  // valid until `remove`
  };
  /// Registers `fd` for `interest`, edge-triggered. Errors: those of `common::Poller::add`.
  Entry add(int fd, common::ReadySet interest, common::ReadySet assumed);
  /// Changes what a registered `fd` is watched for.
  void modify(int fd, common::SlabKey key, common::ReadySet interest);
  /// Forgets it, with its wakers. Call it before the descriptor is closed.
  void remove(int fd, common::SlabKey key) noexcept;

 private:
  static constexpr common::Token kWake{0};  // no key has the generation 0

  const Ref<Trace> trace_;
  common::Poller poller_;
  const common::UserRegistration wake_registration_;
  const common::SetReadiness wake_;
  common::Events events_{256};
  std::vector<Waker> to_wake_;
  std::atomic<std::uint64_t> turns_ = 0;
  std::mutex mutex_;
  common::Slab<ScheduledIo> registered_;  // guarded by the mutex
};

}  // namespace runtime
