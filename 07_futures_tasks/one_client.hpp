// What does one client do as a task? It connects and prints what comes. For client and
// client_server.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "common/cli.hpp"
#include "common/lines.hpp"
#include "common/report.hpp"
#include "runtime/runtime.hpp"

/// One connection, from connect to end of file. Throws if it failed or ended before "end N".
inline runtime::Async<> one_client(common::Endpoint server) {
  runtime::TcpStream socket = co_await runtime::TcpStream::connect(server.host, server.port);
  common::LinePrinter lines(server.host + ":" + std::to_string(server.port));
  for (;;) {
    const runtime::Bytes bytes = co_await socket.read_some();
    if (bytes.empty()) break;
    lines.print(bytes);
  }
  lines.finish();
}

/// Runs `clients` of them at once, each in a task. What one throws goes to `failures` at once, and
/// does not stop the others.
inline runtime::Async<> run_clients(common::Endpoint server, std::uint64_t clients,
                                    common::Failures& failures) {
  const auto note = [&failures](const std::exception& error) { failures.add(error.what()); };
  std::vector<runtime::JoinHandle<void>> handles;
  for (std::uint64_t i = 0; i < clients; ++i) {
    handles.push_back(runtime::spawn(runtime::map_error(one_client(server), note)));
  }
  for (runtime::JoinHandle<void>& handle : handles) co_await handle;
}
