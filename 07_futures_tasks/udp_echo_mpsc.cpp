// 07, futures and tasks: an echo for datagrams, with a task that reads and a task that writes.
//
// Between them is a channel with room for so many. When the kernel takes nothing, the channel fills
// up, and the reader waits for room before it takes the next datagram from the kernel. Nobody has
// to ask whether the queue is full: to wait for room is to ask.
//
//   build/07_futures_tasks/udp_echo_mpsc    in one terminal
//   echo hello | nc -u -w 1 127.0.0.1 2000  in another: hello comes back; then stop it with Ctrl-C

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

#include "common/cli.hpp"
#include "common/datagram_queue.hpp"
#include "common/io.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"
#include "runtime/runtime.hpp"
#include "runtime_flags.hpp"

namespace {

/// What the two tasks share. It lives in `main`, which stays until both have ended.
class Echo {
 public:
  explicit Echo(const common::ServerOptions& options)
      : socket(runtime::UdpSocket::bind(options.host, options.port)), limit_(options.connections) {
    common::announce(socket.fd());
  }

  runtime::UdpSocket socket;

  // For the reader:
  void received() {
    statistics_.received();
    peak_ = std::max(peak_, ++queued_);
  }
  // For the writer: one that was sent, or refused by the kernel for good.
  void sent() { statistics_.sent(); }
  void gone() { --queued_; }
  [[nodiscard]] bool done() const { return statistics_.served() == limit_; }

  void print() const { statistics_.print(peak_); }

 private:
  const std::uint64_t limit_;
  common::DatagramStatistics statistics_;
  std::atomic<std::size_t> queued_ = 0;  // received, and neither sent nor refused
  std::size_t peak_ = 0;
};

runtime::Async<> read_datagrams(Echo& echo, runtime::Sender<common::Reply> replies) {
  const auto buffer = std::make_unique<std::array<char, common::kLongestDatagram>>();
  for (;;) {
    // Room first: what was received must have a place to go.
    auto room = co_await replies.reserve();
    if (!room) co_return;
    const common::Datagram datagram = co_await echo.socket.receive_from(*buffer);
    echo.received();
    room->send({std::string(buffer->data(), datagram.size), datagram.sender});
  }
}

runtime::Async<> write_datagrams(Echo& echo, runtime::Receiver<common::Reply> replies) {
  while (!echo.done()) {
    const auto reply = co_await replies.receive();
    if (!reply) co_return;
    try {
      co_await echo.socket.send_to(reply->bytes, reply->receiver);
      echo.sent();
    } catch (const std::system_error& error) {  // it costs this one, and no other
      common::print_line(common::name_of(reply->receiver) + ": " + error.what());
    }
    echo.gone();
  }
}

runtime::Async<> serve(Echo& echo, runtime::CtrlC& stop) {
  // The writer has one in its hands, and the others wait in the channel.
  auto channel = runtime::mpsc<common::Reply>(common::DatagramQueue::kCapacity - 1);
  auto reader = runtime::spawn(read_datagrams(echo, std::move(channel.sender)));
  auto writer = runtime::spawn(write_datagrams(echo, std::move(channel.receiver)));
  // The reader ends when the writer has: nobody receives any more. An error ends the program.
  co_await runtime::select(stop, writer, reader);
}

}  // namespace

int main(int argc, char** argv) {
  common::ServerOptions options;
  options.port = 2000;
  runtime::Options runtime_options;
  common::CommandLine cli("Sends every datagram back: a task reads, a task writes.",
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
