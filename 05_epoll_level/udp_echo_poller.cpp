// 05, epoll level: an echo for datagrams that waits for both directions through the poller.
//
// A datagram that the kernel does not take back at once waits in a queue of 64. The program waits
// to write while something is in the queue, and to read while there is room in it. The poller is a
// thin layer over epoll: a change of the interest is one system call, and a wait is another.
//
//   build/05_epoll_level/udp_echo_poller    in one terminal
//   echo hello | nc -u -w 1 127.0.0.1 2000  in another: hello comes back; then stop it with Ctrl-C

#include "common/cli.hpp"
#include "common/datagram_echo.hpp"
#include "common/poller/poller.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"

namespace {

constexpr common::Token kShutdown{0};
constexpr common::Token kSocket{1};

class Server {
 public:
  explicit Server(const common::ServerOptions& options) : echo_(options) {
    poller_.add(shutdown_.fd(), kShutdown, common::ReadySet::readable(), common::PollOpt::level());
    poller_.add(echo_.fd(), kSocket, interest_, common::PollOpt::level());
    common::announce(echo_.fd());
  }

  void run() {
    while (!shutdown_.requested() && !echo_.done()) {
      wait();
      echo_.receive();
      echo_.send();
    }
    echo_.print();
  }

 private:
  /// Sleeps until it is worth trying to receive or to send, or a signal comes. What the socket is
  /// ready for is not looked at: it would be a hint only, and each call says if it would block.
  void wait() {
    const common::ReadySet before = interest_;
    interest_ = common::ReadySet();
    if (echo_.wants_to_receive()) interest_ = interest_ | common::ReadySet::readable();
    if (echo_.wants_to_send()) interest_ = interest_ | common::ReadySet::writable();
    if (interest_ != before) {
      poller_.modify(echo_.fd(), kSocket, interest_, common::PollOpt::level());
    }
    poller_.wait(events_);
  }

  const common::Shutdown shutdown_;
  common::Poller poller_;
  common::Events events_{2};
  common::ReadySet interest_ = common::ReadySet::readable();  // as the poller was told last
  common::DatagramEcho echo_;
};

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  options.port = 2000;
  common::CommandLine cli("Sends every datagram back, and waits for both directions with a poller.",
                          "echo hello | nc -u -w 1 127.0.0.1 2000");
  cli.add_endpoint(options);
  cli.add_connections(options.connections);
  return cli.run(argc, argv, [&] {
    Server(options).run();
    return 0;
  });
}
