// 06, epoll edge: an echo server for all clients on one thread that hears of each change once.
//
// A connection goes on until the kernel has no more for it, or until it is the others' turn. What
// it has not used up by then is remembered.
//
//   build/06_epoll_edge/echo_server   in one terminal
//   nc 127.0.0.1 8000                 in two others: both are answered

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <unordered_map>
#include <utility>

#include "common/cli.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/nonblocking_acceptor.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"
#include "epoll.hpp"
#include "readiness.hpp"

namespace {

/// What `--help` lists under "break it".
struct BreakIt {
  bool no_drain = false;
  bool no_bound = false;
};

/// One client, and the bytes that are on their way back to it: buffer[sent, filled).
struct Connection {
  Connection(common::Fd fd, common::Statistics& statistics)
      : open(statistics), socket(std::move(fd)) {}

  std::span<const char> unsent() const { return std::span(buffer).subspan(sent, filled - sent); }

  common::Statistics::Open open;
  common::Fd socket;
  Watch watch;
  Readiness ready;
  std::size_t sent = 0;
  std::size_t filled = 0;
  std::array<char, 16 * 1024> buffer;
};

/// Reads if nothing is unsent, then writes what is. False when the client's bytes have ended.
bool advance(Connection& connection) {
  if (connection.unsent().empty()) {
    const auto size = common::try_read(connection.socket.get(), connection.buffer);
    if (size == 0) return false;
    connection.sent = 0;
    connection.filled = size.value_or(0);
  }
  if (!connection.unsent().empty()) {
    const auto size = common::try_write(connection.socket.get(), connection.unsent());
    connection.sent += size.value_or(0);
  }
  return true;
}

/// True unless the kernel has said that what the connection does next would block.
bool can_advance(const Connection& connection) {
  return connection.unsent().empty() ? connection.ready.readable : connection.ready.writable;
}

/// Advances, and takes note of what that has shown.
bool advance_and_note(Connection& connection) {
  const bool reads = connection.unsent().empty();
  if (!advance(connection)) return false;
  if (reads) connection.ready.after_read(connection.filled, connection.buffer.size());
  if (!connection.unsent().empty()) connection.ready.write_short();
  return true;
}

using Connections = std::unordered_map<std::uint64_t, Connection>;

class Server {
 public:
  Server(const common::ServerOptions& options, const BreakIt& break_it)
      : break_it_(break_it), acceptor_(options, shutdown_, statistics_) {}

  void run() {
    while (acceptor_.open() || !connections_.empty()) {
      for (const epoll_event& event : wait()) handle(event);
    }
    statistics_.print();
  }

 private:
  /// Sleeps until there is something to do. The kernel has the list.
  std::span<const epoll_event> wait() {
    const auto until = acceptor_.rest_ends();
    const std::uint32_t events = acceptor_.accepting() ? EPOLLIN | EPOLLET : 0u;
    epoll_.watch(listener_, acceptor_.fd(), events, kListener);
    return epoll_.wait(until);
  }

  void handle(const epoll_event& event) {
    const std::uint64_t token = event.data.u64;
    if (token == kListener) {
      accept_pending();
    } else if (token == kShutdown) {
      advance_all();
    } else if (const auto entry = connections_.find(token); entry != connections_.end()) {
      entry->second.ready.add(event.events);
      advance_one(entry);
    }
  }

  void accept_pending() {
    const bool done = acceptor_.accept_pending([&](common::Fd socket, std::uint64_t number) {
      advance_one(connections_.try_emplace(number, std::move(socket), statistics_).first);
    });
    if (!done) epoll_.ask_again(listener_, kListener);
  }

  void advance_all() {
    for (auto entry = connections_.begin(); entry != connections_.end();) {
      entry = advance_one(entry);
    }
  }

  /// Returns the entry behind this one.
  Connections::iterator advance_one(Connections::iterator entry) {
    auto& [number, connection] = *entry;
    if (!step(number, connection)) return connections_.erase(entry);
    return std::next(entry);
  }

  bool step(std::uint64_t number, Connection& connection) {
    return common::contain_errors(number, [&] {
      for (int round = 0; can_advance(connection); ++round) {
        if (break_it_.no_drain && round == 1) break;
        if (!break_it_.no_bound && round == kRoundsPerTurn) {
          epoll_.ask_again(connection.watch, number);
          break;
        }
        if (!advance_and_note(connection)) return false;
      }
      epoll_.watch(connection.watch, connection.socket.get(), kAllEdges, number);
      // An echo lasts as long as its client likes: a stop does not wait for it.
      return !shutdown_.requested();
    });
  }

  const BreakIt break_it_;
  const common::Shutdown shutdown_;
  Epoll epoll_{shutdown_.fd()};
  common::Statistics statistics_;
  common::NonblockingAcceptor acceptor_;
  Connections connections_;
  Watch listener_;
};

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  BreakIt break_it;
  common::CommandLine cli("Sends every byte back, to every client at once, on one thread.",
                          "echo hello | nc -N 127.0.0.1 8000");
  cli.add_endpoint(options);
  cli.add_connections(options.connections);
  cli.add_peer_timeout(options.peer_timeout);
  cli.add_break_it("--no-drain", "read once for each edge: what is left is never told",
                   break_it.no_drain);
  cli.add_break_it("--no-bound", "never give others a turn: one fast peer starves them",
                   break_it.no_bound);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    Server(options, break_it).run();
    return 0;
  });
}
