// 05, epoll level: an echo for datagrams that waits for reading and for writing at the same time.
//
// A datagram that the kernel does not take back at once waits in a queue of 64. The program waits
// to write while something is in the queue, and to read while there is room in it. epoll keeps the
// list: it is told when the interest changes, and only then.
//
//   build/05_epoll_level/udp_echo           in one terminal
//   echo hello | nc -u -w 1 127.0.0.1 2000  in another: hello comes back; then stop it with Ctrl-C

#include <cstdint>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/datagram_echo.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "epoll.hpp"

namespace {

constexpr std::uint64_t kSocket = 1;  // its token

class Server {
 public:
  explicit Server(const common::ServerOptions& options) : echo_(options) {
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
    std::uint32_t events = 0;
    if (echo_.wants_to_receive()) events |= EPOLLIN;
    if (echo_.wants_to_send()) events |= EPOLLOUT;
    epoll_.watch(watch_, echo_.fd(), events, kSocket);
    epoll_.wait(common::Clock::time_point::max());
  }

  const common::Shutdown shutdown_;
  Epoll epoll_{shutdown_.fd()};
  Watch watch_;
  common::DatagramEcho echo_;
};

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  options.port = 2000;
  common::CommandLine cli("Sends every datagram back, and waits for both directions with epoll.",
                          "echo hello | nc -u -w 1 127.0.0.1 2000");
  cli.add_endpoint(options);
  cli.add_connections(options.connections);
  return cli.run(argc, argv, [&] {
    Server(options).run();
    return 0;
  });
}
