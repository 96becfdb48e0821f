// 05, epoll level: an echo server for all clients on one thread, and the kernel keeps the list.
//
// What a connection waits for changes when a write leaves something over, and when that is sent.
// Only then is the kernel told.
//
//   build/05_epoll_level/echo_server  in one terminal
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

namespace {

/// What `--help` lists under "break it".
struct BreakIt {
  bool keep_epollout = false;
  bool keep_accepting = false;
};

/// One client, and the bytes that are on their way back to it: buffer[sent, filled).
struct Connection {
  Connection(common::Fd fd, common::Statistics& statistics)
      : open(statistics), socket(std::move(fd)) {}

  std::span<const char> unsent() const { return std::span(buffer).subspan(sent, filled - sent); }

  common::Statistics::Open open;
  common::Fd socket;
  Watch watch;
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
    std::uint32_t events = acceptor_.accepting() ? EPOLLIN : 0u;
    if (break_it_.keep_accepting) events = EPOLLIN;
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
      advance_one(entry);
    }
  }

  void accept_pending() {
    acceptor_.accept_pending([&](common::Fd socket, std::uint64_t number) {
      advance_one(connections_.try_emplace(number, std::move(socket), statistics_).first);
    });
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
      if (!advance(connection)) return false;
      std::uint32_t events = connection.unsent().empty() ? EPOLLIN : EPOLLOUT;
      if (break_it_.keep_epollout) events |= EPOLLOUT;
      epoll_.watch(connection.watch, connection.socket.get(), events, number);
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
  cli.add_break_it("--keep-epollout", "wait to write when there is nothing to write: it spins",
                   break_it.keep_epollout);
  cli.add_break_it("--keep-accepting", "do not rest when out of descriptors: it spins",
                   break_it.keep_accepting);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    Server(options, break_it).run();
    return 0;
  });
}
