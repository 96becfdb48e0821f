// 07, futures and tasks: a task for each connection, all of them on one thread.
//
// The code of chapter 02 is back: one connection from its start to its end, in the order in which
// things happen. Where it waits, it says co_await, and the thread does something else.
//
//   build/07_futures_tasks/server     in one terminal
//   build/07_futures_tasks/client     in another: ten clients, one second

#include <cstdint>
#include <string>
#include <utility>

#include "async_acceptor.hpp"
#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/process.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"
#include "connection_tasks.hpp"
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

runtime::Async<> serve(const common::ServerOptions& options, runtime::CtrlC& stop,
                       ConnectionTasks& tasks) {
  AsyncAcceptor acceptor(options, stop, tasks);
  for (;;) {
    runtime::TcpStream socket = co_await acceptor.next();
    if (!socket) break;
    const std::uint64_t number = acceptor.number();
    tasks.spawn(number, one_response(std::move(socket), number, options.delay));
  }
  co_await tasks.finish(stop, options.delay + ConnectionTasks::kTimeToWrite);
}

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  runtime::Options runtime_options;
  common::CommandLine cli("Serves every client at once: start, a pause, end, in a task for each.",
                          "build/07_futures_tasks/client --clients 10");
  cli.add_endpoint(options);
  cli.add_delay(options.delay);
  cli.add_connections(options.connections);
  cli.add_peer_timeout(options.peer_timeout);
  add_runtime_flags(cli, runtime_options);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    const common::Shutdown shutdown;
    runtime::CtrlC stop(shutdown);
    common::Statistics statistics;
    ConnectionTasks tasks(statistics);
    runtime::block_on(serve(options, stop, tasks), runtime_options);
    statistics.print();
    return 0;
  });
}
