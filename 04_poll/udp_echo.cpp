// 04, poll: an echo for datagrams that waits for reading and for writing at the same time.
//
// A datagram that the kernel does not take back at once waits in a queue of 64. The program waits
// to write while something is in the queue, and to read while there is room in it. poll is given a
// list of descriptors, made anew for each call.
//
//   build/04_poll/udp_echo                  in one terminal
//   echo hello | nc -u -w 1 127.0.0.1 2000  in another: hello comes back; then stop it with Ctrl-C

#include <vector>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/datagram_echo.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "poll.hpp"

namespace {

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
    short events = 0;
    if (echo_.wants_to_receive()) events |= POLLIN;
    if (echo_.wants_to_send()) events |= POLLOUT;
    waits_ = {{shutdown_.fd(), POLLIN, 0}, {echo_.fd(), events, 0}};
    poll_until(waits_, common::Clock::time_point::max());
  }

  const common::Shutdown shutdown_;
  common::DatagramEcho echo_;
  std::vector<pollfd> waits_;
};

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  options.port = 2000;
  common::CommandLine cli("Sends every datagram back, and waits for both directions with poll.",
                          "echo hello | nc -u -w 1 127.0.0.1 2000");
  cli.add_endpoint(options);
  cli.add_connections(options.connections);
  return cli.run(argc, argv, [&] {
    Server(options).run();
    return 0;
  });
}
