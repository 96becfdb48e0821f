// 06, epoll edge: ten connections on one thread that sleeps, and hears of each change once.
//
// A connection is put on the list once, for all that can happen to it. It goes on until the kernel
// has no more for it, or until it is the others' turn.
//
//   build/06_epoll_edge/server  in one terminal
//   build/06_epoll_edge/client  in another: ten clients, one second

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/io.hpp"
#include "common/lines.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/socket.hpp"
#include "epoll.hpp"
#include "readiness.hpp"

namespace {

/// One connection: on its way until `connected`, then receiving.
struct Connection {
  Connection(const std::vector<common::Address>& addresses, const std::string& peer)
      : connector(addresses), lines(peer) {}

  common::Connector connector;
  bool connected = false;
  Watch watch;
  Readiness ready;
  common::LinePrinter lines;
};

/// Takes a connection as far as it gets without waiting. False when it is over.
bool advance(Connection& connection) {
  if (!connection.connected) {
    connection.connected = connection.connector.finish();
    if (!connection.connected) connection.ready = Readiness();  // the next address has a new socket
    return true;
  }
  std::array<char, 4096> buffer;
  const auto size = common::try_read(connection.connector.fd(), buffer);
  connection.ready.after_read(size.value_or(0), buffer.size());
  if (!size) return true;
  if (size == 0) {
    connection.lines.finish();
    return false;
  }
  connection.lines.print({buffer.data(), *size});
  return true;
}

/// True unless the kernel has said that what the connection does next would block.
bool can_advance(const Connection& connection) {
  return connection.connected ? connection.ready.readable : connection.ready.writable;
}

using Connections = std::unordered_map<std::uint64_t, Connection>;

class Client {
 public:
  explicit Client(const common::ClientOptions& options) {
    // Looking up a name may block, so it is done once, before the loop.
    const auto addresses = common::resolve(options.host, options.port, common::Transport::tcp);
    const std::string peer = options.host + ":" + std::to_string(options.port);
    for (std::uint64_t number = 1; number <= options.clients; ++number) {
      failures_.collect(
          [&] { advance_one(connections_.try_emplace(number, addresses, peer).first); });
    }
  }

  /// Returns the exit status.
  int run() {
    while (!connections_.empty()) {
      for (const epoll_event& event : epoll_.wait(common::Clock::time_point::max())) {
        const std::uint64_t number = event.data.u64;
        const auto entry = connections_.find(number);  // only its own turn erases it
        entry->second.ready.add(event.events);
        advance_one(entry);
      }
    }
    return failures_.exit_status();
  }

 private:
  void advance_one(Connections::iterator entry) {
    if (!step(entry->first, entry->second)) connections_.erase(entry);
  }

  bool step(std::uint64_t number, Connection& connection) {
    bool result = false;
    failures_.collect([&] {
      for (int round = 0; can_advance(connection); ++round) {
        if (round == kRoundsPerTurn) {
          epoll_.ask_again(connection.watch, number);
          break;
        }
        if (!advance(connection)) return;
      }
      epoll_.watch(connection.watch, connection.connector.fd(), kAllEdges, number);
      result = true;
    });
    return result;
  }

  common::Failures failures_;
  Connections connections_;
  Epoll epoll_;
};

}  // namespace

int main(int argc, char** argv) {
  common::ClientOptions options;
  common::CommandLine cli("Connects several times at once, on one thread, and prints what comes.",
                          "build/06_epoll_edge/echo_server --help");
  cli.add_endpoint(options);
  cli.add_clients(options.clients);
  return cli.run(argc, argv, [&] {
    common::raise_file_limit();
    return Client(options).run();
  });
}
