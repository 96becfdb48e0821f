// 04, select: an echo for datagrams that waits for reading and for writing at the same time.
//
// A datagram that the kernel does not take back at once waits in a queue of 64. The program waits
// to write while something is in the queue, and to read while there is room in it. select is given
// sets of descriptors, made anew for each call, and no descriptor above 1,023.
//
//   build/04_poll/udp_echo_select           in one terminal
//   echo hello | nc -u -w 1 127.0.0.1 2000  in another: hello comes back; then stop it with Ctrl-C

#include <sys/select.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>

#include "common/cli.hpp"
#include "common/datagram_echo.hpp"
#include "common/error.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"

namespace {

/// An fd_set is FD_SETSIZE bits long, and FD_SET does not look: the bit of a higher descriptor
/// would be written past its end, into whatever lies there. That is undefined behaviour.
void check_fits(int fd) {
  if (fd < FD_SETSIZE) return;
  throw std::runtime_error("select: descriptor " + std::to_string(fd) + " is not below " +
                           std::to_string(FD_SETSIZE));
}

class Server {
 public:
  explicit Server(const common::ServerOptions& options) : echo_(options) {
    for (const int fd : {shutdown_.fd(), echo_.fd()}) check_fits(fd);
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
    fd_set reading;
    fd_set writing;
    FD_ZERO(&reading);
    FD_ZERO(&writing);
    FD_SET(shutdown_.fd(), &reading);
    if (echo_.wants_to_receive()) FD_SET(echo_.fd(), &reading);
    if (echo_.wants_to_send()) FD_SET(echo_.fd(), &writing);
    const int end = std::max(shutdown_.fd(), echo_.fd()) + 1;
    // A signal ends the wait (EINTR), which does no harm: the loop asks whether to stop.
    if (::select(end, &reading, &writing, nullptr, nullptr) == -1 && errno != EINTR) {
      common::throw_error(errno, "select");
    }
  }

  const common::Shutdown shutdown_;
  common::DatagramEcho echo_;
};

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  options.port = 2000;
  common::CommandLine cli("Sends every datagram back, and waits for both directions with select.",
                          "echo hello | nc -u -w 1 127.0.0.1 2000");
  cli.add_endpoint(options);
  cli.add_connections(options.connections);
  return cli.run(argc, argv, [&] {
    Server(options).run();
    return 0;
  });
}
