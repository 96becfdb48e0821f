// How does a task take in connections? It awaits the listener.
#pragma once

#include "runtime/io/tcp_stream.hpp"

namespace runtime {

/// A socket that listens. One task may accept at a time. Must not be moved while it waits.
class TcpListener {
 public:
  /// Listens on the first address of `host` that can be bound; `port` 0 picks a free one. A name is
  /// looked up at once, which may block: bind before the tasks run, or to an address in numbers.
  /// Errors: those of `common::listen_tcp`.
  static TcpListener bind(const std::string& host, std::uint16_t port);

  [[nodiscard]] int fd() const { return io_.fd(); }
  /// The port that is really in use.
  [[nodiscard]] std::uint16_t port() const;

  /// The next connection: a future of TcpStream. Cancelled, it leaves the connection in the queue.
  /// Errors, as std::system_error: out of descriptors or memory, see `common::out_of_resources`;
  /// the connection then stays in the queue, and the next `accept` tries again at once.
  auto accept() { return io_.io(Direction::read, try_accept); }

  /// The same for futures written by hand.
  Poll<TcpStream> poll_accept(Context& context) {
    return io_.poll_io(Direction::read, context, try_accept);
  }

 private:
  explicit TcpListener(common::Fd socket) : io_(std::move(socket)) {}
  static Tried<TcpStream> try_accept(int fd);

  PollEvented<common::Fd> io_;
};

}  // namespace runtime
