// 07, one step more: an echo server that leaves all to the kernel, and hears only what is done.
//
// One operation accepts all connections, and one receives all that a connection sends, each time
// into a buffer that the kernel picks when bytes have come. One system call hands over what is new
// and brings what is done, for however many connections.
//
//   build/07_futures_tasks/echo_server_uring    in one terminal
//   nc 127.0.0.1 8000                           in two others: both are answered

#include <liburing.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "common/accept_pause.hpp"
#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/socket.hpp"
#include "common/statistics.hpp"
#include "completions.hpp"
#include "runtime/io/open_ring.hpp"

namespace {

/// One client. It is there until the kernel has done all that it was asked to do for it.
struct Connection {
  Connection(common::Fd fd, common::Statistics& statistics)
      : open(statistics), socket(std::move(fd)) {}

  common::Statistics::Open open;
  common::Fd socket;
  std::string sending;     // the kernel reads it, while `sends`
  std::string unsent;      // what has come meanwhile
  bool sends = false;      // an operation is under way
  bool receives = false;   // another one
  bool cancelled = false;  // the latter is to end
  bool stuck = false;      // and to begin anew
  bool ended = false;      // the client has said all
  bool failed = false;
};

/// A client with more than this unsent is not read from.
constexpr std::size_t kMostUnsent = 64 * 1024;

using Connections = std::unordered_map<std::uint64_t, Connection>;

class Server {
 public:
  explicit Server(const common::ServerOptions& options)
      : limit_(options.connections),
        listener_(common::listen_tcp(options.host, options.port, options.peer_timeout)) {
    common::announce(listener_.get());
  }

  void run() {
    ring_.poll({kStop}, shutdown_.fd());
    while (open() || accepts_ || !connections_.empty()) {
      const bool rests = open() && !accepts_ && pause_.active(statistics_);
      if (open() && !accepts_ && !rests) accept();
      ring_.wait(rests ? pause_.until() : common::Clock::time_point::max(),
                 [&](const io_uring_cqe& done) { handle(done); });
    }
    statistics_.print();
  }

 private:
  [[nodiscard]] bool open() const { return number_ < limit_ && !stopped_; }

  void accept() {
    accepts_ = true;
    ring_.accept({kAccept}, listener_.get());
  }

  void receive(std::uint64_t number, Connection& connection) {
    connection.receives = true;
    connection.stuck = false;
    ring_.receive({kReceive, number}, connection.socket.get());
  }

  void send(std::uint64_t number, Connection& connection) {
    connection.sends = true;
    connection.sending = std::exchange(connection.unsent, {});
    ring_.send({kSend, number}, connection.socket.get(), connection.sending);
  }

  void handle(const io_uring_cqe& done) {
    const auto [kind, number] = Token::of(done);
    switch (kind) {
      case kCancel:
        return;
      case kStop:
        return stop();
      case kAccept:
        return accepted(done);
      case kReceive:
        return handle(done, number, &Server::received);
      case kSend:
        return handle(done, number, &Server::sent);
    }
  }

  void handle(const io_uring_cqe& done, std::uint64_t number,
              void (Server::*what)(Connection&, const io_uring_cqe&)) {
    const auto entry = connections_.find(number);
    const bool well = common::contain_errors(number, [&] {
      (this->*what)(entry->second, done);
      return true;
    });
    if (!well) entry->second.failed = true;
    go_on(entry);
  }

  void accepted(const io_uring_cqe& done) {
    accepts_ = (done.flags & IORING_CQE_F_MORE) != 0;
    if (done.res < 0) return not_accepted(-done.res);
    common::Fd socket(done.res);
    if (!open()) return;  // one more than was asked for
    pause_.accepted();
    ++number_;
    if (!open() && accepts_) ring_.cancel({kAccept});
    go_on(connections_.try_emplace(number_, std::move(socket), statistics_).first);
  }

  void not_accepted(int error) {
    if (error == ECANCELED || error == ECONNABORTED) return;
    pause_.begin(std::system_error(error, std::generic_category(), "accept"), statistics_);
  }

  void received(Connection& connection, const io_uring_cqe& done) {
    if ((done.flags & IORING_CQE_F_MORE) == 0) connection.receives = connection.cancelled = false;
    if ((done.flags & IORING_CQE_F_BUFFER) != 0) {
      connection.unsent += ring_.buffers().bytes(done);
      ring_.buffers().give_back(done);
      // Not all, though there was room: an urgent byte ends a receive, and what is behind it is no
      // news to one that goes on.
      connection.stuck = (done.flags & IORING_CQE_F_SOCK_NONEMPTY) != 0 &&
                         static_cast<std::size_t>(done.res) < ProvidedBuffers::kRoom;
    }
    connection.ended = connection.ended || done.res == 0;
    const bool again = done.res == -ECANCELED || done.res == -ENOBUFS;  // where there is room
    if (!again) runtime::check_ring(done.res, "recv");
  }

  void sent(Connection& connection, const io_uring_cqe& done) {
    connection.sends = false;
    if (done.res == -ECANCELED) return;
    const std::string bytes = std::exchange(connection.sending, {});
    const int size = runtime::check_ring(done.res, "send");
    connection.unsent.insert(0, bytes, static_cast<std::size_t>(size), std::string::npos);
  }

  /// Begins what can be begun, or ends it all: but not before the kernel is done with it.
  void go_on(Connections::iterator entry) {
    auto& [number, connection] = *entry;
    const bool full = connection.unsent.size() > kMostUnsent;
    const bool over = connection.failed || stopped_;
    if (!over && !connection.sends && !connection.unsent.empty()) send(number, connection);
    if (!over && !connection.receives && !connection.ended && !full) receive(number, connection);
    if (connection.receives && (over || full || connection.stuck) &&
        !std::exchange(connection.cancelled, true)) {
      ring_.cancel({kReceive, number});
    }
    if (connection.sends && over) ring_.cancel({kSend, number});
    if (!connection.sends && !connection.receives && (over || connection.ended)) {
      connections_.erase(entry);
    }
  }

  /// An echo lasts as long as its client likes: a stop does not wait for it.
  void stop() {
    stopped_ = true;
    if (accepts_) ring_.cancel({kAccept});
    for (auto entry = connections_.begin(); entry != connections_.end();) go_on(entry++);
  }

  const std::uint64_t limit_;
  const common::Shutdown shutdown_;
  common::Statistics statistics_;
  const common::Fd listener_;
  Completions ring_;
  common::AcceptPause pause_;
  Connections connections_;
  std::uint64_t number_ = 0;
  bool accepts_ = false;
  bool stopped_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  common::CommandLine cli("Sends every byte back, to every client at once: the kernel does it.",
                          "echo hello | nc -N 127.0.0.1 8000");
  cli.add_endpoint(options);
  cli.add_connections(options.connections);
  cli.add_peer_timeout(options.peer_timeout);
  return cli.run(argc, argv, [&] {
    common::prepare_server();
    Server(options).run();
    return 0;
  });
}
