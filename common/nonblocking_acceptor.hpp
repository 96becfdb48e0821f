// How does one thread that looks after everything accept connections? A bounded number per turn.
#pragma once

#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

#include "common/accept_pause.hpp"
#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"

namespace common {

/// How many connections a single-threaded server accepts before it looks after the others again.
inline constexpr int kAcceptsPerTurn = 64;

/// A listener that never waits, for servers that look after everything on one thread.
class NonblockingAcceptor {
 public:
  /// Listens as `options` say and prints "listening on …" to standard error.
  NonblockingAcceptor(const ServerOptions& options, const Shutdown& shutdown,
                      Statistics& statistics);

  /// The listening socket: readable when a connection waits.
  [[nodiscard]] int fd() const { return listener_.get(); }

  /// True while more connections may come: no signal has come, and fewer than `--connections`
  /// allows were accepted.
  [[nodiscard]] bool open() const { return number_ < limit_ && !shutdown_.requested(); }

  /// True while accepting should rest, because the system is out of descriptors or memory.
  [[nodiscard]] bool resting() const { return pause_.active(statistics_); }

  /// True while a loop should wait for `fd()`: open, and not at rest. During a rest the listener
  /// stays readable, and whoever waited for it would spin.
  [[nodiscard]] bool accepting() const { return open() && !resting(); }

  /// When the present rest ends at the latest, and a loop has to be awake; `time_point::max()`
  /// when there is none. Ask this before `accepting`: if the rest ends between the two questions,
  /// the loop wakes for nothing; the other way round it would sleep and not wait for the listener.
  [[nodiscard]] Clock::time_point rest_ends() const {
    return resting() ? pause_.until() : Clock::time_point::max();
  }

  /// Calls `take(Fd, number)` for each waiting connection, numbered from 1. What it throws costs
  /// that connection. True when none is left; false when some may be: after `kAcceptsPerTurn` of
  /// them, at the start of a rest, or when no longer open.
  template <class Take>
  bool accept_pending(Take take) {
    for (int i = 0; i < kAcceptsPerTurn && open(); ++i) {
      try {
        std::optional<Fd> socket = try_accept(fd());
        if (!socket) return true;
        pause_.accepted();
        ++number_;
        contain_errors(number_, [&] { take(std::move(*socket), number_); });
      } catch (const std::system_error& error) {
        pause_.begin(error, statistics_);
        return false;
      }
    }
    return false;
  }

 private:
  const std::uint64_t limit_;
  const Shutdown& shutdown_;
  const Statistics& statistics_;
  Fd listener_;
  AcceptPause pause_;
  std::uint64_t number_ = 0;
};

}  // namespace common
