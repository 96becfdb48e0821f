// 07, futures and tasks: an echo for datagrams, in one task that reads and writes at the same time.
//
// A datagram that the kernel does not take back at once waits in a queue of 64. One future asks for
// both: a datagram to read, while there is room in the queue, and room to write, while there is
// something in it. Whichever comes wakes the one task.
//
//   build/07_futures_tasks/udp_echo         in one terminal
//   echo hello | nc -u -w 1 127.0.0.1 2000  in another: hello comes back; then stop it with Ctrl-C

#include <array>
#include <cstdint>
#include <span>

#include "common/cli.hpp"
#include "common/datagram_queue.hpp"
#include "common/io.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"
#include "runtime/runtime.hpp"
#include "runtime_flags.hpp"

namespace {

/// A future written by hand: done when as many datagrams were sent back as `--connections` allows.
class Echo {
 public:
  using Output = void;

  explicit Echo(const common::ServerOptions& options)
      : limit_(options.connections), socket_(runtime::UdpSocket::bind(options.host, options.port)) {
    common::announce(socket_.fd());
  }

  runtime::Poll<void> poll(runtime::Context& context) {
    while (statistics_.served() < limit_) {
      const bool received = receive(context);
      const bool sent = send(context);
      // Neither could: each has left the task's waker where its news will come. Or this poll has
      // done enough, and the task has been woken for later.
      if (!received && !sent) return runtime::pending;
    }
    return runtime::done;
  }

  void print() const { statistics_.print(queue_.peak()); }

 private:
  /// Receives a datagram if the queue has room. False if that has to wait.
  bool receive(runtime::Context& context) {
    if (queue_.full()) return false;
    auto received = socket_.poll_receive_from(buffer_, context);
    if (!received.is_ready()) return false;
    statistics_.received();
    const common::Datagram datagram = received.take();
    common::contain_errors(datagram.sender, [&] {
      queue_.push(std::span(buffer_).first(datagram.size), datagram.sender);
    });
    return true;
  }

  /// Sends the first in the queue, if there is one. False if that has to wait.
  bool send(runtime::Context& context) {
    if (queue_.empty()) return false;
    const common::Reply& reply = queue_.front();
    bool waits = false;
    common::contain_errors(reply.receiver, [&] {
      waits = !socket_.poll_send_to(reply.bytes, reply.receiver, context).is_ready();
      if (!waits) statistics_.sent();
    });
    if (!waits) queue_.pop();  // also if the kernel has refused it for good
    return !waits;
  }

  const std::uint64_t limit_;
  runtime::UdpSocket socket_;
  common::DatagramStatistics statistics_;
  common::DatagramQueue queue_;
  std::array<char, common::kLongestDatagram> buffer_;
};

runtime::Async<> serve(Echo& echo, runtime::CtrlC& stop) {
  co_await runtime::select(stop, echo);
}

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  options.port = 2000;
  runtime::Options runtime_options;
  common::CommandLine cli("Sends every datagram back: one task that reads and writes.",
                          "echo hello | nc -u -w 1 127.0.0.1 2000");
  cli.add_endpoint(options);
  cli.add_connections(options.connections);
  add_runtime_flags(cli, runtime_options);
  return cli.run(argc, argv, [&] {
    const common::Shutdown shutdown;
    runtime::CtrlC stop(shutdown);
    Echo echo(options);
    runtime::block_on(serve(echo, stop), runtime_options);
    echo.print();
    return 0;
  });
}
