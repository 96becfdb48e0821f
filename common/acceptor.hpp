// How does a thread wait for the next connection, and for the end?
#pragma once

#include <cstdint>

#include "common/accept_pause.hpp"
#include "common/cli.hpp"
#include "common/fd.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"

namespace common {

/// A blocking listener: made ready, announced, and asked for one connection after another.
class Acceptor {
 public:
  /// Listens as `options` say and prints "listening on …" to standard error.
  Acceptor(const ServerOptions& options, const Shutdown& shutdown, Statistics& statistics);

  /// Waits for the next connection. Returns an empty Fd when it is time to stop: a signal came, or
  /// as many connections as `--connections` allows were accepted. Out of descriptors, it pauses.
  Fd next();

  /// The port that is really in use, also where `--port 0` asked for a free one.
  [[nodiscard]] std::uint16_t port() const;

  /// The number of the connection that `next` returned last, counted from 1.
  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  const std::uint64_t limit_;
  const Shutdown& shutdown_;
  Statistics& statistics_;
  Fd listener_;
  Shutdown::Interrupt interrupt_;
  AcceptPause pause_;
  std::uint64_t number_ = 0;
};

}  // namespace common
