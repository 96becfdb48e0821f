// 02, threads: an echo server with a thread for each client.
//
// The loop of chapter 01, once per client. A client that is silent, or does not read, keeps its own
// thread waiting and nobody else.
//
//   build/02_threads/echo_server      in one terminal
//   nc 127.0.0.1 8000                 in two others: both are answered

#include <array>
#include <cstddef>
#include <utility>

#include "common/acceptor.hpp"
#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/process.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"
#include "connection_threads.hpp"

namespace {

void echo(const common::Fd& socket) {
  std::array<char, 16 * 1024> buffer;
  while (const std::size_t size = common::read_some(socket.get(), buffer)) {
    common::write_all(socket.get(), {buffer.data(), size});
  }
}

void serve(const common::ServerOptions& options) {
  const common::Shutdown shutdown;
  common::Statistics statistics;
  common::Acceptor acceptor(options, shutdown, statistics);
  ConnectionThreads threads(statistics);
  while (common::Fd socket = acceptor.next()) {
    threads.spawn(std::move(socket), acceptor.number(), echo);
  }
  // An echo lasts as long as its client likes: a stop does not wait for it.
  threads.finish(shutdown, common::Duration::zero());
  statistics.print();
}

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  common::CommandLine cli("Sends every byte back, to every client at once, on a thread for each.",
                          "echo hello | nc -N 127.0.0.1 8000");
  cli.add_endpoint(options);
  cli.add_connections(options.connections);
  cli.add_peer_timeout(options.peer_timeout);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    serve(options);
    return 0;
  });
}
