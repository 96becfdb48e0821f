// 07, broadcast: what one client says goes to all of them, itself included: tasks and channels.
//
// Each client is a task. A task more, the room, knows all of them, and nothing of sockets: it takes
// what is said out of one channel and puts it into each client's. So all hear the same in the same
// order, with any number of threads, and without a lock.
//
//   build/07_futures_tasks/broadcast_server  in one terminal
//   nc 127.0.0.1 8000                        in three others: type in one, and see it in all

#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

#include "async_acceptor.hpp"
#include "broadcast_client.hpp"
#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/process.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"
#include "connection_tasks.hpp"
#include "runtime/runtime.hpp"
#include "runtime_flags.hpp"

namespace {

/// Passes a piece on to one member. False if that has left. Never waits: who is too slow is told,
/// and drops itself.
bool tell(Member& member, const Piece& piece) {
  member.backlog->bytes += piece->size();
  if (member.pieces.try_send(piece)) return false;
  if (member.backlog->bytes > kMostBehind) member.backlog->too_long.notify_one();
  return true;
}

runtime::Async<> run_room(runtime::Receiver<News> news) {
  std::vector<Member> members;
  std::size_t next_sweep = 16;
  for (;;) {
    auto next = co_await news.receive();
    if (!next) co_return;
    if (const auto* piece = std::get_if<Piece>(&*next)) {
      std::erase_if(members, [&](Member& member) { return !tell(member, *piece); });
      continue;
    }
    members.push_back(std::get<Member>(std::move(*next)));
    // Who has left is noticed when something is said; so that also silence does not fill the room:
    if (members.size() < next_sweep) continue;
    std::erase_if(members, [](const Member& member) { return member.pieces.is_closed(); });
    next_sweep = 2 * members.size() + 16;
  }
}

runtime::Async<> serve(const common::ServerOptions& options, runtime::CtrlC& stop,
                       ConnectionTasks& tasks) {
  // Room for one: who speaks waits until the room has taken it, and is then behind those that wait.
  auto news = runtime::mpsc<News>(1);
  auto room = runtime::spawn(run_room(std::move(news.receiver)));
  AsyncAcceptor acceptor(options, stop, tasks);
  for (;;) {
    runtime::TcpStream socket = co_await acceptor.next();
    if (!socket) break;
    tasks.spawn(acceptor.number(), client(std::move(socket), news.sender));
  }
  // Talk lasts as long as the clients like: a stop does not wait for it.
  co_await tasks.finish(stop, common::Duration::zero());
}

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  runtime::Options runtime_options;
  common::CommandLine cli("Sends what one client says to all of them, with tasks and channels.",
                          "nc 127.0.0.1 8000");
  cli.add_endpoint(options);
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
