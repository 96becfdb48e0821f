// What does the broadcast server know of one client? Its socket, and how much it has got.
#pragma once

#include <cstdint>
#include <optional>

#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/poller/poller.hpp"
#include "common/statistics.hpp"
#include "transcript.hpp"

/// One client. What is unsent is what has been said since `position`.
struct Connection {
  common::Statistics::Open open;
  common::Fd socket;
  std::uint64_t number;
  Transcript::Position position;
  bool ended = false;                     // it has sent its end of file, and may still listen
  std::optional<common::ReadySet> armed;  // what it is registered for; nothing during its turn
};

/// Writes what the kernel takes now.
inline void flush(Connection& connection, const Transcript& transcript) {
  while (transcript.behind(connection.position) != 0) {
    const auto bytes = transcript.since(connection.position);
    const auto size = common::try_write(connection.socket.get(), bytes).value_or(0);
    connection.position += size;
    if (size < bytes.size()) return;
  }
}

/// What the connection waits for. Past its end of file, a socket is readable for ever: whoever went
/// on waiting for that would spin. `hup` and `error` are told in any case.
inline common::ReadySet interest(const Connection& connection, const Transcript& transcript) {
  common::ReadySet ready;
  if (!connection.ended) ready = common::ReadySet::readable() | common::ReadySet::read_hup();
  if (transcript.behind(connection.position) != 0) ready = ready | common::ReadySet::writable();
  return ready;
}
