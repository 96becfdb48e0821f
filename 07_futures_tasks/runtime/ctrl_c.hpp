// How does a task hear that the program should stop? It awaits the signal.
#pragma once

#include "common/shutdown.hpp"
#include "poll_evented.hpp"

namespace runtime {

/// Refers to the descriptor of a common::Shutdown.
class ShutdownSource {
 public:
  explicit ShutdownSource(const common::Shutdown& shutdown) : fd_(shutdown.fd()) {}
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// Ready once SIGINT (Ctrl-C) or SIGTERM has come, or `request` was called; and it stays ready. The
/// signals are caught from the construction of `shutdown` on, which must live longer. May be polled
/// again after it was ready. Must not be moved once polled.
class [[nodiscard]] CtrlC {
 public:
  using Output = void;

  explicit CtrlC(const common::Shutdown& shutdown) : io_(ShutdownSource(shutdown)) {}
  CtrlC(CtrlC&&) noexcept = default;

  Poll<void> poll(Context& context) {
    if (io_.poll_ready(Direction::read, context).is_ready()) return done;
    return pending;
  }

 private:
  PollEvented<ShutdownSource> io_;
};

/// `co_await ctrl_c(shutdown);`
inline CtrlC ctrl_c(const common::Shutdown& shutdown) {
  return CtrlC(shutdown);
}

}  // namespace runtime
