// 01, blocking: a server thread and ten client threads in one program.
//
// The clients run at the same time, and it still takes ten seconds: the server is one thread, and
// that thread sleeps through each client's second before it looks at the next.
//
//   time build/01_blocking/client_server

#include <cstdint>
#include <string>
#include <thread>

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
#include "one_client.hpp"

namespace {

void one_response(const common::Fd& socket, std::uint64_t number, common::Duration delay) {
  common::write_all(socket.get(), "start " + std::to_string(number) + "\n");
  std::this_thread::sleep_for(delay);
  common::write_all(socket.get(), "end " + std::to_string(number) + "\n");
}

void serve(common::Acceptor& acceptor, common::Statistics& statistics, common::Duration delay) {
  while (const common::Fd socket = acceptor.next()) {
    const common::Statistics::Open open(statistics);
    const std::uint64_t number = acceptor.number();
    common::contain_errors(number, [&] { one_response(socket, number, delay); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  std::uint64_t clients = 10;
  common::CommandLine cli(
      "A server and ten clients in one program: one server thread, ten seconds.",
      "build/02_threads/client_server");
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
    std::thread server([&] { serve(acceptor, statistics, options.delay); });
    common::Failures failures;
    common::run_on_threads(clients, failures, [&] { one_client(options); });
    shutdown.request();
    server.join();
    statistics.print();
    return failures.exit_status();
  });
}
