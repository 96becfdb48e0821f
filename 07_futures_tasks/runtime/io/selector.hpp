// Whom does the reactor ask for the kernel's news? A selector: epoll, or a ring.
//
// Thread safety: `wait` and `close` are for one thread at a time; everything else is for any
// thread, also while that one waits.
#pragma once

#include <sys/epoll.h>

#include <memory>
#include <span>

#include "common/poller/poller.hpp"

namespace runtime {

/// Descriptors, and for each of them whose events they are: edges, which are told once.
class Selector {
 public:
  virtual ~Selector() = default;

  /// From now on each edge of `fd` in `interest` is an event with `whose`, and what it is ready for
  /// now is one. `whose` is nullptr for one eventfd, a write to which ends the `wait`.
  virtual void add(int fd, common::ReadySet interest, void* whose) = 0;
  virtual void modify(int fd, common::ReadySet interest, void* whose) = 0;
  /// No `wait` that begins from now on tells of it. For a descriptor that is open.
  virtual void remove(int fd) = 0;

  /// Waits until there is an event, for so many milliseconds; -1 is for ever. Returns how many
  /// there are in `events`; EINTR, or another error, is returned as a negative number.
  virtual int wait(std::span<epoll_event> events, int milliseconds) = 0;
  /// The call that `wait` makes.
  [[nodiscard]] virtual const char* call() const = 0;

  /// Nobody will wait any more.
  virtual void close() noexcept {}
};

/// One on epoll: the kernel keeps the list. Errors: "epoll_create1: …".
std::unique_ptr<Selector> make_epoll();

/// One on io_uring. Throws std::system_error where there is no ring: see open_ring.hpp.
std::unique_ptr<Selector> make_ring();

}  // namespace runtime
