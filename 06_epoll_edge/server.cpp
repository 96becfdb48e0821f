// 06, epoll edge: all clients on one thread that sleeps, and hears of each change once.
//
// A connection is put on the list once, for good. What comes about is told once: whoever does not
// use all of it has to ask again.
//
//   build/06_epoll_edge/server  in one terminal
//   build/06_epoll_edge/client  in another: ten clients, one second; look at cpu= at the end

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/nonblocking_acceptor.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/socket.hpp"
#include "common/statistics.hpp"
#include "epoll.hpp"

namespace {

/// What a connection does next.
enum class State { starting, waiting, ending };

/// One client, and how far it has come: what a thread of chapter 02 kept on its stack.
struct Connection {
  Connection(common::Fd fd, std::uint64_t number, common::Statistics& statistics)
      : open(statistics), socket(std::move(fd)), unsent("start " + std::to_string(number) + "\n") {}

  common::Statistics::Open open;
  common::Fd socket;
  std::string unsent;  // what the kernel has not taken yet
  State state = State::starting;
  common::Clock::time_point deadline{};  // when waiting ends
  Watch watch;
};

/// Writes as much as the kernel takes now. True when nothing is left unsent.
bool flush(Connection& connection) {
  const auto size = common::try_write(connection.socket.get(), connection.unsent);
  connection.unsent.erase(0, size.value_or(0));
  return connection.unsent.empty();
}

/// Takes a connection as far as it gets without waiting. False when it is over.
bool advance(Connection& connection, std::uint64_t number, common::Duration delay) {
  switch (connection.state) {
    case State::starting:
      if (!flush(connection)) return true;
      connection.deadline = common::Clock::now() + delay;
      connection.state = State::waiting;
      [[fallthrough]];
    case State::waiting:
      if (common::Clock::now() < connection.deadline) return true;
      connection.unsent = "end " + std::to_string(number) + "\n";
      connection.state = State::ending;
      [[fallthrough]];
    case State::ending:
      return !flush(connection);
  }
  return false;  // not reached: the cases above are all there are
}

using Connections = std::unordered_map<std::uint64_t, Connection>;

class Server {
 public:
  explicit Server(const common::ServerOptions& options)
      : delay_(options.delay), acceptor_(options, shutdown_, statistics_) {}

  void run() {
    while (acceptor_.open() || !connections_.empty()) {
      for (const epoll_event& event : wait()) handle(event);
      advance_due();
    }
    statistics_.print();
  }

 private:
  /// Sleeps until there is something to do. The kernel has the list.
  std::span<const epoll_event> wait() {
    auto until = acceptor_.rest_ends();
    if (!deadlines_.empty()) until = std::min(until, deadlines_.begin()->first);
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
      advance_one(entry, event.events);
    }
  }

  void accept_pending() {
    const bool done = acceptor_.accept_pending([&](common::Fd socket, std::uint64_t number) {
      const auto added = connections_.try_emplace(number, std::move(socket), number, statistics_);
      advance_one(added.first, 0);
    });
    if (!done) epoll_.ask_again(listener_, kListener);
  }

  void advance_all() {
    for (auto entry = connections_.begin(); entry != connections_.end();) {
      entry = advance_one(entry, 0);
    }
  }

  void advance_due() {
    while (!deadlines_.empty() && deadlines_.begin()->first <= common::Clock::now()) {
      advance_one(connections_.find(deadlines_.begin()->second), 0);
    }
  }

  /// Returns the entry behind this one.
  Connections::iterator advance_one(Connections::iterator entry, std::uint32_t events) {
    auto& [number, connection] = *entry;
    deadlines_.erase({connection.deadline, number});
    if (!step(number, connection, events)) return connections_.erase(entry);
    if (connection.state == State::waiting) deadlines_.emplace(connection.deadline, number);
    return std::next(entry);
  }

  bool step(std::uint64_t number, Connection& connection, std::uint32_t events) {
    return common::contain_errors(number, [&] {
      // A reset is reported whatever was asked for, and only once.
      if (events & (EPOLLERR | EPOLLHUP)) common::throw_hangup(connection.socket.get());
      if (!advance(connection, number, delay_)) return false;
      epoll_.watch(connection.watch, connection.socket.get(), EPOLLOUT | EPOLLET, number);
      // A stop lets a connection finish its wait, but does not wait for a client to read.
      return connection.unsent.empty() || !shutdown_.requested();
    });
  }

  const common::Duration delay_;
  const common::Shutdown shutdown_;
  Epoll epoll_{shutdown_.fd()};
  common::Statistics statistics_;
  common::NonblockingAcceptor acceptor_;
  Connections connections_;
  std::set<std::pair<common::Clock::time_point, std::uint64_t>> deadlines_;
  Watch listener_;
};

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  common::CommandLine cli("Serves every client at once on one thread, which sleeps meanwhile.",
                          "build/06_epoll_edge/client --clients 10");
  cli.add_endpoint(options);
  cli.add_delay(options.delay);
  cli.add_connections(options.connections);
  cli.add_peer_timeout(options.peer_timeout);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    Server(options).run();
    return 0;
  });
}
