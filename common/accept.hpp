// What does a server do when it has no descriptor left for the next connection? It pauses.
#pragma once

#include <cstdint>
#include <system_error>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"

namespace common {

/// How long accepting rests when the system has run out of something, and nothing is closed.
inline constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

/// How many connections a single-threaded server accepts before it looks after the others again.
inline constexpr int kAcceptsPerTurn = 64;

/// The rest that accepting takes after EMFILE and its kin.
///
/// The connection that could not be accepted stays in the listener's queue. A loop that tried again
/// at once would spin, and one that gave up would die of a shortage that passes. So it rests until
/// one of its connections has closed, or for `kAcceptPause`: other processes use descriptors too.
class AcceptPause {
 public:
  /// Begins a pause if `error` is about resources (says so on standard error, once for a run of
  /// pauses without a success between them); throws it on if it is about anything else.
  void begin(const std::system_error& error, const Statistics& statistics);

  /// Accepting worked: the next pause is news again.
  void accepted() { announced_ = false; }

  /// True while accepting should rest.
  [[nodiscard]] bool active(const Statistics& statistics) const;

  /// When the pause ends at the latest.
  [[nodiscard]] Clock::time_point until() const { return until_; }

 private:
  Clock::time_point until_{};
  std::uint64_t served_before_ = 0;
  bool announced_ = false;
};

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
