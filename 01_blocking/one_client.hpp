// What does one blocking client do? It connects and prints what comes. For client and
// client_server.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "common/cli.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/lines.hpp"
#include "common/socket.hpp"

/// One connection, from connect to end of file. Throws if it failed or ended before "end N".
inline void one_client(const common::Endpoint& server) {
  const common::Fd socket = common::connect_tcp(server.host, server.port);
  common::LinePrinter lines(server.host + ":" + std::to_string(server.port));
  std::array<char, 4096> buffer;
  while (const std::size_t size = common::read_some(socket.get(), buffer)) {
    lines.print({buffer.data(), size});
  }
  lines.finish();
}
