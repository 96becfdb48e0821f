// 07, futures and tasks: a server and ten clients in one program, all of them tasks.
//
// Twenty-two tasks, one thread, one second.
//
//   time build/07_futures_tasks/client_server

#include <cstdint>
#include <string>
#include <utility>

#include "async_acceptor.hpp"
#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"
#include "connection_tasks.hpp"
#include "one_client.hpp"
#include "runtime/runtime.hpp"
#include "runtime_flags.hpp"

namespace {

runtime::Async<> one_response(runtime::TcpStream socket, std::uint64_t number,
                              common::Duration delay) {
  co_await socket.write_all("start " + std::to_string(number) + "\n");
  co_await runtime::sleep(delay);
  co_await socket.write_all("end " + std::to_string(number) + "\n");
  co_await runtime::say_goodbye(std::move(socket));
}

runtime::Async<> serve(AsyncAcceptor& acceptor, ConnectionTasks& tasks, common::Duration delay) {
  for (;;) {
    runtime::TcpStream socket = co_await acceptor.next();
    if (!socket) break;
    const std::uint64_t number = acceptor.number();
    tasks.spawn(number, one_response(std::move(socket), number, delay));
  }
}

runtime::Async<> serve_and_connect(common::ServerOptions options, std::uint64_t clients,
                                   const common::Shutdown& shutdown, ConnectionTasks& tasks,
                                   common::Failures& failures) {
  // The listener comes before the tasks: no client can be too early.
  runtime::CtrlC stop(shutdown);
  AsyncAcceptor acceptor(options, stop, tasks);
  options.port = acceptor.port();
  auto server = runtime::spawn(serve(acceptor, tasks, options.delay));
  co_await run_clients(options, clients, failures);
  shutdown.request();
  co_await server;
  co_await tasks.finish(stop, options.delay + ConnectionTasks::kTimeToWrite);
}

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  std::uint64_t clients = 10;
  runtime::Options runtime_options;
  common::CommandLine cli("A server and ten clients in one program: a task each, one second.",
                          "build/07_futures_tasks/server --help");
  cli.add_endpoint(options);
  cli.add_delay(options.delay);
  cli.add_clients(clients);
  add_runtime_flags(cli, runtime_options);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    const common::Shutdown shutdown;
    common::Statistics statistics;
    ConnectionTasks tasks(statistics);
    common::Failures failures;
    runtime::block_on(serve_and_connect(options, clients, shutdown, tasks, failures),
                      runtime_options);
    statistics.print();
    return failures.exit_status();
  });
}
