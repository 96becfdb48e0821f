// How does a task hear that the program should stop? It awaits the signal.
#pragma once

#include <fcntl.h>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/shutdown.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/io/poll_evented.hpp"
#include "runtime/io/scheduled_io.hpp"

namespace runtime {

/// Ready once SIGINT (Ctrl-C) or SIGTERM has come, or `request` was called; and it stays ready. The
/// signals are caught from the construction of `shutdown` on. That must outlive the runtime: a
/// signal handler may run on any thread, also while a task on another one ends. May be polled again
/// after it was ready. Must not be moved once polled.
class [[nodiscard]] CtrlC {
 public:
  using Output = void;

  /// Errors: "fcntl: …" where descriptors have run out. (One can be registered once only, so each
  /// of these has its own.)
  explicit CtrlC(const common::Shutdown& shutdown)
      : io_(common::Fd(
            common::check(::fcntl(shutdown.fd(), F_DUPFD_CLOEXEC, 0), "fcntl F_DUPFD_CLOEXEC"))) {}
  CtrlC(CtrlC&&) noexcept = default;

  Poll<void> poll(Context& context) {
    if (io_.poll_ready(Direction::read, context).is_ready()) return done;
    return pending;
  }

 private:
  PollEvented<common::Fd> io_;
};

/// `co_await ctrl_c(shutdown);`
inline CtrlC ctrl_c(const common::Shutdown& shutdown) {
  return CtrlC(shutdown);
}

}  // namespace runtime
