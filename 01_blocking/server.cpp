// 01, blocking: a server that does one thing at a time.
//
// Every call waits until it is done: accept for a client, write for room, sleep for the time. While
// the program waits for one client it cannot do anything for another.
//
//   build/01_blocking/server          in one terminal
//   build/01_blocking/client          in another: ten clients, ten seconds

#include <signal.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <thread>

#include "common/acceptor.hpp"
#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"

namespace {

void one_response(const common::Fd& socket, std::uint64_t number, common::Duration delay) {
  common::write_all(socket.get(), "start " + std::to_string(number) + "\n");
  std::this_thread::sleep_for(delay);
  common::write_all(socket.get(), "end " + std::to_string(number) + "\n");
}

void serve(const common::ServerOptions& options) {
  const common::Shutdown shutdown;
  common::Statistics statistics;
  common::Acceptor acceptor(options, shutdown, statistics);
  while (const common::Fd socket = acceptor.next()) {
    const common::Statistics::Open open(statistics);
    const std::uint64_t number = acceptor.number();
    common::contain_errors(number, [&] { one_response(socket, number, options.delay); });
  }
  statistics.print();
}

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  bool keep_sigpipe = false;
  common::CommandLine cli("Serves one client at a time: start, a pause, end. The others wait.",
                          "build/01_blocking/client --clients 10");
  cli.add_endpoint(options);
  cli.add_delay(options.delay);
  cli.add_connections(options.connections);
  cli.add_peer_timeout(options.peer_timeout);
  cli.add_break_it("--keep-sigpipe",
                   "leave SIGPIPE as it is: writing to a client that left is fatal", keep_sigpipe);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    if (keep_sigpipe && ::signal(SIGPIPE, SIG_DFL) == SIG_ERR) common::throw_error(errno, "signal");
    serve(options);
    return 0;
  });
}
