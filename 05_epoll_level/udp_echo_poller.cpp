// 05, epoll level: an echo for datagrams that waits for both directions through the poller.
//
// A datagram that the kernel does not take back at once waits in a queue of 64. The program waits
// to write while something is in the queue, and to read while there is room in it. The poller is a
// thin layer over epoll: a change of the interest is one system call, and a wait is another.
//
//   build/05_epoll_level/udp_echo_poller    in one terminal
//   echo hello | nc -u -w 1 127.0.0.1 2000  in another: hello comes back; then stop it with Ctrl-C

#include <array>

#include "common/cli.hpp"
#include "common/datagram_queue.hpp"
#include "common/io.hpp"
#include "common/poller.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"

namespace {

constexpr common::Token kShutdown{0};
constexpr common::Token kSocket{1};

class Server {
 public:
  explicit Server(const common::ServerOptions& options)
      : limit_(options.connections), socket_(common::bind_udp(options.host, options.port)) {
    poller_.add(shutdown_.fd(), kShutdown, common::Ready::readable(), common::PollOpt::level());
    poller_.add(socket_.get(), kSocket, interest_, common::PollOpt::level());
    common::announce(socket_.get());
  }

  void run() {
    while (!done()) {
      wait();
      if (!queue_.full()) receive();
      if (!queue_.empty()) send();
    }
    statistics_.print(queue_.peak());
  }

 private:
  bool done() const { return shutdown_.requested() || statistics_.served() == limit_; }

  /// Sleeps until it is worth trying to receive or to send, or a signal comes. What the socket is
  /// ready for is not looked at: it would be a hint only, and each call says if it would block.
  void wait() {
    const common::Ready before = interest_;
    interest_ = common::Ready();
    if (!queue_.full()) interest_ = interest_ | common::Ready::readable();
    if (!queue_.empty()) interest_ = interest_ | common::Ready::writable();
    if (interest_ != before) {
      poller_.modify(socket_.get(), kSocket, interest_, common::PollOpt::level());
    }
    poller_.wait(events_);
  }

  /// Takes one datagram from the kernel, if one is there.
  void receive() {
    const auto datagram = common::try_recv_from(socket_.get(), buffer_);
    if (!datagram) return;
    statistics_.received();
    common::contain_errors(datagram->sender, [&] {
      queue_.push(std::span(buffer_).first(datagram->size), datagram->sender);
    });
  }

  /// Sends the first in the queue, if the kernel takes it now. One that it refuses for good is
  /// gone.
  void send() {
    const common::Reply& reply = queue_.front();
    const bool blocked = common::contain_errors(reply.receiver, [&] {
      if (!common::try_send_to(socket_.get(), reply.bytes, reply.receiver)) return true;
      statistics_.sent();
      return false;
    });
    if (!blocked) queue_.pop();
  }

  const std::uint64_t limit_;
  const common::Shutdown shutdown_;
  common::Poller poller_;
  common::Events events_{2};
  common::Ready interest_ = common::Ready::readable();  // as the poller was told last
  const common::Fd socket_;
  common::DatagramStatistics statistics_;
  common::DatagramQueue queue_;
  std::array<char, common::kLongestDatagram> buffer_;
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
