// 02, threads: a server and ten client threads in one program.
//
// The server's thread gives each client a thread of its own, and goes back to accept at once: ten
// clients take one second.
//
//   time build/02_threads/client_server

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
#include "common/report.hpp"
#include "common/run_on_threads.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"
#include "connection_threads.hpp"
#include "one_client.hpp"

namespace {

void one_response(const common::Fd& socket, std::uint64_t number, common::Duration delay) {
  common::write_all(socket.get(), "start " + std::to_string(number) + "\n");
  std::this_thread::sleep_for(delay);
  common::write_all(socket.get(), "end " + std::to_string(number) + "\n");
}

void serve(common::Acceptor& acceptor, ConnectionThreads& threads, common::Duration delay) {
  while (common::Fd socket = acceptor.next()) {
    const std::uint64_t number = acceptor.number();
    threads.spawn(std::move(socket), number,
                  [=](const common::Fd& client) { one_response(client, number, delay); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  std::uint64_t clients = 10;
  common::CommandLine cli("A server and ten clients in one program: a thread for all, one second.",
                          "build/03_nonblocking_busy/server --help");
  cli.add_endpoint(options);
  cli.add_delay(options.delay);
  cli.add_clients(clients);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    const common::Shutdown shutdown;
    common::Statistics statistics;
    // The listener comes before the threads: no client can be too early.
    common::Acceptor acceptor(options, shutdown, statistics);
    options.port = acceptor.port();
    ConnectionThreads threads(statistics);
    std::thread server([&] { serve(acceptor, threads, options.delay); });
    common::Failures failures;
    common::run_on_threads(clients, failures, [&] { one_client(options); });
    shutdown.request();
    server.join();
    threads.finish(shutdown, options.delay + ConnectionThreads::kTimeToWrite);
    statistics.print();
    return failures.exit_status();
  });
}
