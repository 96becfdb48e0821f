// 02, threads: a thread for each connection.
//
// Each call still waits until it is done, but now only one client's thread waits. The code of a
// connection is that of chapter 01; what is new is where it runs.
//
//   build/02_threads/server           in one terminal
//   build/02_threads/client           in another: ten clients, one second

#include <cstdint>
#include <string>
#include <thread>
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

void one_response(const common::Fd& socket, std::uint64_t number, common::Duration delay) {
  common::write_all(socket.get(), "start " + std::to_string(number) + "\n");
  std::this_thread::sleep_for(delay);
  common::write_all(socket.get(), "end " + std::to_string(number) + "\n");
}

void serve(const common::ServerOptions& options, bool join) {
  const common::Shutdown shutdown;
  common::Statistics statistics;
  common::Acceptor acceptor(options, shutdown, statistics);
  ConnectionThreads threads(statistics, join);
  while (common::Fd socket = acceptor.next()) {
    const std::uint64_t number = acceptor.number();
    threads.spawn(std::move(socket), number, [=, delay = options.delay](const common::Fd& client) {
      one_response(client, number, delay);
    });
  }
  if (join) threads.finish(shutdown, options.delay + ConnectionThreads::kTimeToWrite);
  statistics.print();
}

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  bool forget_join = false;
  common::CommandLine cli("Serves every client at once: start, a pause, end, on a thread for each.",
                          "build/02_threads/client --clients 10");
  cli.add_endpoint(options);
  cli.add_delay(options.delay);
  cli.add_connections(options.connections);
  cli.add_peer_timeout(options.peer_timeout);
  cli.add_break_it("--forget-join", "end while threads run: stop it while a client waits",
                   forget_join);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    serve(options, !forget_join);
    return 0;
  });
}
