// 03, nonblocking and busy: all clients on one thread that never waits.
//
// No call blocks: each does what it can and returns. So one thread can look after every connection
// in turn, if each remembers how far it has come. It looks all the time, also when nothing has
// happened: that takes a whole core.
//
//   build/03_nonblocking_busy/server  in one terminal
//   build/03_nonblocking_busy/client  in another: ten clients, one second; look at cpu= at the end

#include <cstdint>
#include <iterator>
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
#include "common/statistics.hpp"

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
      advance_all();
      if (!acceptor_.resting()) accept_pending();
    }
    statistics_.print();
  }

 private:
  void accept_pending() {
    acceptor_.accept_pending([&](common::Fd socket, std::uint64_t number) {
      connections_.try_emplace(number, std::move(socket), number, statistics_);
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
};

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  common::CommandLine cli("Serves every client at once on one thread, which never rests.",
                          "build/03_nonblocking_busy/client --clients 10");
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
