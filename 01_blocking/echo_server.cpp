// 01, blocking: an echo server for one client at a time.
//
// Every byte comes back, until the client says that no more will come. While one client is silent,
// or does not read, all others wait.
//
//   build/01_blocking/echo_server     in one terminal
//   nc 127.0.0.1 8000                 in another: type a line, see it twice

#include <array>
#include <cstddef>

#include "common/acceptor.hpp"
#include "common/cli.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"

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
  while (const common::Fd socket = acceptor.next()) {
    const common::Statistics::Open open(statistics);
    // An echo lasts as long as its client likes: a stop must end the read or write it waits in.
    const common::Shutdown::Interrupt interrupt(socket.get());
    common::contain_errors(acceptor.number(), [&] { echo(socket); });
  }
  statistics.print();
}

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  common::CommandLine cli("Sends every byte back, to one client at a time.",
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
