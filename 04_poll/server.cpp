// 04, poll: all clients on one thread that sleeps while nothing happens.
//
// Before each turn the thread tells the kernel what it waits for: the whole list of descriptors,
// and the time at which it has to be awake. One call waits for all of it.
//
//   build/04_poll/server  in one terminal
//   build/04_poll/client  in another: ten clients, one second; look at cpu= at the end

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

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
#include "poll.hpp"

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
      wait();
      advance_ready();
      advance_due();
      if (waits_[kListener].revents != 0) accept_pending();
    }
    statistics_.print();
  }

 private:
  /// Sleeps until there is something to do. The list: the signals, the listener, each connection.
  void wait() {
    auto until = acceptor_.rest_ends();
    if (!deadlines_.empty()) until = std::min(until, deadlines_.begin()->first);
    waits_.clear();
    waits_.push_back({stopping_ ? -1 : shutdown_.fd(), POLLIN, 0});
    waits_.push_back({acceptor_.accepting() ? acceptor_.fd() : -1, POLLIN, 0});
    for (const auto& [number, connection] : connections_) {
      const short events = connection.unsent.empty() ? 0 : POLLOUT;
      waits_.push_back({connection.socket.get(), events, 0});
    }
    poll_until(waits_, until);
    stopping_ = shutdown_.requested();  // one answer for the whole turn
  }

  void accept_pending() {
    acceptor_.accept_pending([&](common::Fd socket, std::uint64_t number) {
      connections_.try_emplace(number, std::move(socket), number, statistics_);
    });
  }

  void advance_ready() {
    // In the same order: no connection has been added since `wait`.
    auto answer = waits_.cbegin() + kFirstConnection;
    for (auto entry = connections_.begin(); entry != connections_.end(); ++answer) {
      const bool ready = answer->revents != 0 || stopping_;
      entry = ready ? advance_one(entry, answer->revents) : std::next(entry);
    }
  }

  void advance_due() {
    while (!deadlines_.empty() && deadlines_.begin()->first <= common::Clock::now()) {
      advance_one(connections_.find(deadlines_.begin()->second), 0);
    }
  }

  /// Returns the entry behind this one.
  Connections::iterator advance_one(Connections::iterator entry, short events) {
    auto& [number, connection] = *entry;
    deadlines_.erase({connection.deadline, number});
    if (!step(number, connection, events)) return connections_.erase(entry);
    if (connection.state == State::waiting) deadlines_.emplace(connection.deadline, number);
    return std::next(entry);
  }

  bool step(std::uint64_t number, Connection& connection, short events) {
    return common::contain_errors(number, [&] {
      // A reset is reported whatever was asked for, and again until the connection is closed.
      if (events & (POLLERR | POLLHUP)) common::throw_hangup(connection.socket.get());
      if (!advance(connection, number, delay_)) return false;
      // A stop lets a connection finish its wait, but does not wait for a client to read.
      return connection.unsent.empty() || !shutdown_.requested();
    });
  }

  const common::Duration delay_;
  const common::Shutdown shutdown_;
  common::Statistics statistics_;
  common::NonblockingAcceptor acceptor_;
  Connections connections_;
  std::set<std::pair<common::Clock::time_point, std::uint64_t>> deadlines_;
  std::vector<pollfd> waits_;
  bool stopping_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  common::CommandLine cli("Serves every client at once on one thread, which sleeps meanwhile.",
                          "build/04_poll/client --clients 10");
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
