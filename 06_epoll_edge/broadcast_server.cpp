// 06, broadcast: what one client says goes to all of them, itself included, on one thread.
//
// Connections come and go while their events are on the way. So an event carries a token, the key
// of a connection in a slab, and a stale one finds nothing. A connection has one event (edge), and
// then no more (oneshot) until it is registered again, for what it then waits for.
//
//   build/06_epoll_edge/broadcast_server  in one terminal
//   nc 127.0.0.1 8000                     in three others: type in one, and see it in all

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include "broadcast_connection.hpp"
#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/nonblocking_acceptor.hpp"
#include "common/poller/poller.hpp"
#include "common/poller/slab.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"
#include "transcript.hpp"

namespace {

// No connection has the generation 0.
constexpr common::Token kListener{common::SlabKey{0, 0}.bits()};
constexpr common::Token kShutdown{common::SlabKey{1, 0}.bits()};

constexpr common::PollOpt kLevel = common::PollOpt::level();
constexpr common::PollOpt kOnce = common::PollOpt::edge() | common::PollOpt::oneshot();

/// How often one connection reads before it is the others' turn.
constexpr int kReadsPerTurn = 4;

class Server {
 public:
  Server(const common::ServerOptions& options, bool no_rearm)
      : no_rearm_(no_rearm), acceptor_(options, shutdown_, statistics_) {
    poller_.add(acceptor_.fd(), kListener, common::ReadySet(), kLevel);
    poller_.add(shutdown_.fd(), kShutdown, common::ReadySet::readable(), kLevel);
  }

  void run() {
    while (!shutdown_.requested() && (acceptor_.open() || !connections_.empty())) {
      wait();
      for (const common::Event& event : events_) handle(event);
    }
    connections_.for_each([&](common::SlabKey key, Connection&) { connections_.erase(key); });
    statistics_.print();
  }

 private:
  /// Sleeps until there is something to do.
  void wait() {
    // In this order: if a rest ends between the two questions, the sleep still has an end.
    const auto until = acceptor_.rest_ends();
    const bool accepting = acceptor_.accepting();
    if (accepting != std::exchange(accepting_, accepting)) {
      const auto ready = accepting ? common::ReadySet::readable() : common::ReadySet();
      poller_.modify(acceptor_.fd(), kListener, ready, kLevel);
    }
    const bool resting = until != common::Clock::time_point::max();
    poller_.wait(events_, resting ? std::optional(until - common::Clock::now()) : std::nullopt);
  }

  void handle(const common::Event& event) {
    const auto key = common::SlabKey::from_bits(event.token.value);
    if (event.token == kListener) {
      acceptor_.accept_pending(
          [&](common::Fd socket, std::uint64_t number) { join(std::move(socket), number); });
    } else if (Connection* const connection = connections_.find(key)) {
      advance(key, *connection, event.ready);
    }
  }

  void join(common::Fd socket, std::uint64_t number) {
    const auto key = connections_.insert({.open = common::Statistics::Open(statistics_),
                                          .socket = std::move(socket),
                                          .number = number,
                                          .position = transcript_.end(),
                                          .armed = {}});
    Connection& connection = *connections_.find(key);
    attend(key, connection, [&] {
      connection.armed = interest(connection, transcript_);
      poller_.add(connection.socket.get(), common::Token{key.bits()}, *connection.armed, kOnce);
      return true;
    });
  }

  /// One connection's turn, after its event.
  void advance(common::SlabKey key, Connection& connection, common::ReadySet ready) {
    attend(key, connection, [&] {
      connection.armed.reset();
      const bool dead = !(ready & (common::ReadySet::hup() | common::ReadySet::error())).empty();
      if (dead && connection.ended) return false;  // if it has not ended, a read tells why
      flush(connection, transcript_);
      if (!read(key)) return false;
      rearm(key, connection);
      return true;
    });
  }

  /// Reads until nothing is there or it is the others' turn, and tells all of it to all. False if
  /// the connection itself has not survived that.
  bool read(common::SlabKey key) {
    for (int i = 0; i < kReadsPerTurn; ++i) {
      Connection* const connection = connections_.find(key);
      if (connection == nullptr) return false;
      if (connection->ended) return true;
      const auto size = common::try_read(connection->socket.get(), buffer_);
      if (!size) return true;
      if (*size == 0) {
        connection->ended = true;
        return true;
      }
      tell_all(std::span(buffer_).first(*size));
      // Fewer bytes than there was room for: no more are there now. What comes later, also the end
      // of file, is an event: registering again looks what is there.
      if (*size < buffer_.size()) break;
    }
    return connections_.find(key) != nullptr;
  }

  void tell_all(std::span<const char> piece) {
    transcript_.add(piece);
    connections_.for_each([&](common::SlabKey key, Connection& connection) {
      attend(key, connection, [&] {
        // A socket that was full is tried again only when the client's last chance has come.
        const std::size_t unsent = transcript_.behind(connection.position);
        if (unsent == piece.size() || unsent > kMostBehind) flush(connection, transcript_);
        if (transcript_.behind(connection.position) > kMostBehind) {
          throw std::runtime_error("dropped: more than 1 MiB behind");
        }
        if (connection.armed) rearm(key, connection);  // else its turn ends with that
        return true;
      });
    });
  }

  /// Registers a connection again, unless that would change nothing.
  void rearm(common::SlabKey key, Connection& connection) {
    const common::ReadySet ready = interest(connection, transcript_);
    if (connection.armed == ready || no_rearm_) return;
    poller_.modify(connection.socket.get(), common::Token{key.bits()}, ready, kOnce);
    connection.armed = ready;
  }

  /// Does some work for one connection. It goes when the work says so (false), or fails.
  template <class Work>
  void attend(common::SlabKey key, const Connection& connection, Work work) {
    const std::uint64_t number = connection.number;  // the work may be the connection's end
    if (!common::contain_errors(number, work)) connections_.erase(key);
  }

  const bool no_rearm_;
  const common::Shutdown shutdown_;
  common::Poller poller_;
  common::Events events_{64};
  common::Statistics statistics_;
  common::NonblockingAcceptor acceptor_;
  common::Slab<Connection> connections_;
  Transcript transcript_;
  std::array<char, kLongestPiece> buffer_;
  bool accepting_ = false;  // what the listener is registered for
};

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  bool no_rearm = false;
  common::CommandLine cli("Sends what one client says to all of them, on one thread.",
                          "nc 127.0.0.1 8000");
  cli.add_endpoint(options);
  cli.add_connections(options.connections);
  cli.add_peer_timeout(options.peer_timeout);
  cli.add_break_it("--no-rearm", "forget to register again: each client is heard only once",
                   no_rearm);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    Server(options, no_rearm).run();
    return 0;
  });
}
