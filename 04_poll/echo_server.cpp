// 04, poll: an echo server for all clients on one thread that sleeps while nothing happens.
//
// A connection with bytes in its buffer waits to write, one without waits to read. The thread waits
// for all of them in one call.
//
//   build/04_poll/echo_server         in one terminal
//   nc 127.0.0.1 8000                 in two others: both are answered

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/cli.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/nonblocking_acceptor.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"
#include "poll.hpp"

namespace {

/// What `--help` lists under "break it".
struct BreakIt {
  bool always_pollout = false;
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
      wait();
      advance_ready();
      if (waits_[kListener].revents != 0) accept_pending();
    }
    statistics_.print();
  }

 private:
  /// Sleeps until there is something to do. The list: the signals, the listener, each connection.
  void wait() {
    const auto until = acceptor_.rest_ends();
    waits_.clear();
    waits_.push_back({stopping_ ? -1 : shutdown_.fd(), POLLIN, 0});
    waits_.push_back({acceptor_.accepting() ? acceptor_.fd() : -1, POLLIN, 0});
    for (const auto& [number, connection] : connections_) {
      short events = connection.unsent().empty() ? POLLIN : POLLOUT;
      if (break_it_.always_pollout) events |= POLLOUT;
      waits_.push_back({connection.socket.get(), events, 0});
    }
    poll_until(waits_, until);
    stopping_ = shutdown_.requested();  // one answer for the whole turn
  }

  void accept_pending() {
    acceptor_.accept_pending([&](common::Fd socket, std::uint64_t number) {
      connections_.try_emplace(number, std::move(socket), statistics_);
    });
  }

  void advance_ready() {
    // In the same order: no connection has been added since `wait`.
    auto answer = waits_.cbegin() + kFirstConnection;
    for (auto entry = connections_.begin(); entry != connections_.end(); ++answer) {
      const bool ready = answer->revents != 0 || stopping_;
      entry = ready ? advance_one(entry) : std::next(entry);
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
      // An echo lasts as long as its client likes: a stop does not wait for it.
      return !shutdown_.requested();
    });
  }

  const BreakIt break_it_;
  const common::Shutdown shutdown_;
  common::Statistics statistics_;
  common::NonblockingAcceptor acceptor_;
  Connections connections_;
  std::vector<pollfd> waits_;
  bool stopping_ = false;
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
  cli.add_break_it("--always-pollout", "wait to write when there is nothing to write: it spins",
                   break_it.always_pollout);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    Server(options, break_it).run();
    return 0;
  });
}
