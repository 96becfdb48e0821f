// 03, nonblocking and busy: ten connections on one thread that never waits.
//
// Neither connect nor read waits here. The thread asks each connection in turn whether something
// has come, all the time.
//
//   build/03_nonblocking_busy/server  in one terminal
//   build/03_nonblocking_busy/client  in another: ten clients, one second

#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/cli.hpp"
#include "common/io.hpp"
#include "common/lines.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/socket.hpp"

namespace {

/// One connection: on its way until `connected`, then receiving.
struct Connection {
  Connection(const std::vector<common::Address>& addresses, const std::string& peer)
      : connector(addresses), lines(peer) {}

  common::Connector connector;
  bool connected = false;
  common::LinePrinter lines;
};

/// Takes a connection as far as it gets without waiting. False when it is over.
bool advance(Connection& connection) {
  if (!connection.connected) {
    connection.connected = connection.connector.finish();
    return true;
  }
  std::array<char, 4096> buffer;
  const auto size = common::try_read(connection.connector.fd(), buffer);
  if (!size) return true;
  if (size == 0) {
    connection.lines.finish();
    return false;
  }
  connection.lines.print({buffer.data(), *size});
  return true;
}

using Connections = std::unordered_map<std::uint64_t, Connection>;

class Client {
 public:
  explicit Client(const common::ClientOptions& options) {
    // Looking up a name may block, so it is done once, before the loop.
    const auto addresses = common::resolve(options.host, options.port, common::Transport::tcp);
    const std::string peer = options.host + ":" + std::to_string(options.port);
    for (std::uint64_t number = 1; number <= options.clients; ++number) {
      failures_.collect([&] { connections_.try_emplace(number, addresses, peer); });
    }
  }

  /// Returns the exit status.
  int run() {
    while (!connections_.empty()) {
      advance_all();
    }
    return failures_.exit_status();
  }

 private:
  void advance_all() {
    for (auto entry = connections_.begin(); entry != connections_.end();) {
      entry = step(entry->second) ? std::next(entry) : connections_.erase(entry);
    }
  }

  bool step(Connection& connection) {
    bool result = false;
    failures_.collect([&] { result = advance(connection); });
    return result;
  }

  common::Failures failures_;
  Connections connections_;
};

}  // namespace

int main(int argc, char** argv) {
  common::ClientOptions options;
  common::CommandLine cli(
      "Connects several times at once, on one busy thread, and prints what comes.",
      "build/03_nonblocking_busy/echo_server --help");
  cli.add_endpoint(options);
  cli.add_clients(options.clients);
  return cli.run(argc, argv, [&] {
    common::raise_file_limit();
    return Client(options).run();
  });
}
