// 07, futures and tasks: an echo server with a task for each client.
//
// The loop of chapter 02. A client that is silent, or does not read, keeps its own task waiting,
// which costs a few hundred bytes: no thread, and no buffer.
//
//   build/07_futures_tasks/echo_server    in one terminal
//   nc 127.0.0.1 8000                     in two others: both are answered

#include <stdexcept>
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

runtime::Async<> echo(runtime::TcpStream socket) {
  for (;;) {
    const runtime::Bytes bytes = co_await socket.read_some();
    if (bytes.empty()) co_return;
    co_await socket.write_all(bytes);
  }
}

/// The same, but for a client that is silent for so long nobody waits any more.
runtime::Async<> echo_within(runtime::TcpStream socket, common::Duration idle) {
  for (;;) {
    const auto bytes = co_await runtime::timeout(idle, socket.read_some());
    if (!bytes) throw std::runtime_error("dropped: silent for too long");
    if (bytes->empty()) co_return;
    co_await socket.write_all(*bytes);
  }
}

runtime::Async<> serve(const common::ServerOptions& options, common::Duration idle,
                       runtime::CtrlC& stop, ConnectionTasks& tasks) {
  AsyncAcceptor acceptor(options, stop, tasks);
  for (;;) {
    runtime::TcpStream socket = co_await acceptor.next();
    if (!socket) break;
    const bool for_ever = idle == common::Duration::zero();
    tasks.spawn(acceptor.number(),
                for_ever ? echo(std::move(socket)) : echo_within(std::move(socket), idle));
  }
  // An echo lasts as long as its client likes: a stop does not wait for it.
  co_await tasks.finish(stop, common::Duration::zero());
}

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  common::Duration idle{};
  runtime::Options runtime_options;
  common::CommandLine cli("Sends every byte back, to every client at once, in a task for each.",
                          "echo hello | nc -N 127.0.0.1 8000");
  cli.add_endpoint(options);
  cli.add_connections(options.connections);
  cli.add_peer_timeout(options.peer_timeout);
  cli.add_delay(idle, "drop a client that is silent for so long, 0s: never", "--idle");
  add_runtime_flags(cli, runtime_options);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    const common::Shutdown shutdown;
    runtime::CtrlC stop(shutdown);
    common::Statistics statistics;
    ConnectionTasks tasks(statistics);
    runtime::block_on(serve(options, idle, stop, tasks), runtime_options);
    statistics.print();
    return 0;
  });
}
