// How does a server that waits find out that it should stop? SIGINT and SIGTERM, for every style
// of loop: one that asks, one that waits for descriptors, and one that is stuck in a system call.
#pragma once

#include "common/fd.hpp"

namespace common {

/// Ends whatever blocks on `socket`, now and later: accept fails with EINVAL, read returns end of
/// file, write fails with EPIPE. Safe in a signal handler. See shutdown(2).
void stop_socket(int socket) noexcept;

/// Catches SIGINT and SIGTERM from its construction to its destruction. At most one exists at a
/// time, because signals belong to the whole process. See signal(7).
///
/// One that is blocked is unblocked; one that is ignored stays so (`nohup` is such a wish). One
/// that comes again ends the process at once, with a line that says how many connections that cuts
/// off.
///
/// A signal handler may do next to nothing (signal-safety(7)). This one sets a flag, writes a byte
/// to a pipe and shuts sockets down; all three are allowed, and each wakes a different kind of
/// loop:
///
///  - A loop that never waits looks at `requested()`.
///  - A loop in poll or epoll_wait has `fd()` among its descriptors: the *self-pipe trick* of
///    D. J. Bernstein.
///  - A thread that blocks in accept, read or write holds an `Interrupt` on the socket, for which
///    the handler calls `stop_socket`. A flag alone would not do: the signal may arrive after the
///    program looked at the flag and before it entered the call, and then nothing ends the wait.
///    (On Linux. POSIX does not promise that shutdown(2) wakes accept.)
class Shutdown {
 public:
  Shutdown();
  ~Shutdown();
  Shutdown(Shutdown&&) = delete;

  /// True once one of the signals has come.
  [[nodiscard]] bool requested() const noexcept;

  /// Does what the signals do, for a program that wants to end by itself.
  void request() const noexcept;

  /// Readable from then on. Never read it: it stays readable.
  [[nodiscard]] int fd() const noexcept { return read_end_.get(); }

  /// A stop shuts `socket` down while this lives. Destroy it before the socket is closed, and,
  /// where several threads exist, only when no other thread can still receive the signal or the
  /// socket outlives it.
  class Interrupt {
   public:
    explicit Interrupt(int socket);
    ~Interrupt();
    Interrupt(Interrupt&&) = delete;

   private:
    int slot_;
  };

 private:
  Fd read_end_;
  Fd write_end_;
};

}  // namespace common
