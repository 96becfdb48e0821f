// 03, nonblocking and busy: an echo server for all clients on one thread that never waits.
//
// Each connection has one buffer. While there are bytes in it, the connection writes; when it is
// empty, it reads. A client that does not read is not read from: memory stays bounded.
//
//   build/03_nonblocking_busy/echo_server   in one terminal
//   nc 127.0.0.1 8000                       in two others: both are answered

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

namespace {

/// What `--help` lists under "break it".
struct BreakIt {
  bool drop_unsent = false;
};

/// One client, and the bytes that are on their way back to it: buffer[sent, filled).
struct Connection {
  Connection(common::Fd fd, common::Statistics& statistics)
      : open(statistics), socket(std::move(fd)) {}

  std::span<const char> unsent() const { return std::span(buffer).subspan(sent, filled - sent); }

  common::Statistics::Open open;
  common::Fd socket;
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
      advance_all();
      if (!acceptor_.resting()) accept_pending();
    }
    statistics_.print();
  }

 private:
  void accept_pending() {
    acceptor_.accept_pending([&](common::Fd socket, std::uint64_t number) {
      connections_.try_emplace(number, std::move(socket), statistics_);
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
      if (break_it_.drop_unsent) connection.sent = connection.filled;
      // An echo lasts as long as its client likes: a stop does not wait for it.
      return !shutdown_.requested();
    });
  }

  const BreakIt break_it_;
  const common::Shutdown shutdown_;
  common::Statistics statistics_;
  common::NonblockingAcceptor acceptor_;
  Connections connections_;
};

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  BreakIt break_it;
  common::CommandLine cli("Sends every byte back, to every client at once, on one busy thread.",
                          "echo hello | nc -N 127.0.0.1 8000");
  cli.add_endpoint(options);
  cli.add_connections(options.connections);
  cli.add_peer_timeout(options.peer_timeout);
  cli.add_break_it("--drop-unsent", "believe that write takes all it is given: bytes get lost",
                   break_it.drop_unsent);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    Server(options, break_it).run();
    return 0;
  });
}
