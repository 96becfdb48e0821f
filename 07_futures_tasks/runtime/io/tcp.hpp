// How does a task talk over TCP? It awaits a listener, which gives it streams; or it connects one.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/socket.hpp"
#include "runtime/coroutine/async.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/io/bytes.hpp"
#include "runtime/io/poll_evented.hpp"
#include "runtime/io/scheduled_io.hpp"

namespace runtime {

/// A TCP connection. One task may read and another one write at the same time.
///
/// Cancelling a read, a `readable` or a `write_some` loses nothing: what has not returned has not
/// happened. Cancelling `write_all` or `read_to_end` leaves off in the middle: how much is written
/// is then unknown, and what was read is lost with the coroutine.
///
/// Errors of all of these: std::system_error that names the call ("read: Connection reset by
/// peer"). Must not be moved while somebody waits.
class TcpStream {
 public:
  /// No connection.
  TcpStream() : io_(common::Fd()) {}
  /// Takes over a connected nonblocking socket.
  explicit TcpStream(common::Fd socket) : io_(std::move(socket)) {}

  /// Looks up `host`, if it is a name, on a thread that may block, and connects to the first of its
  /// addresses that answers. Who gives up meanwhile does not wait for the look-up, and neither does
  /// the runtime's end. Throws the last one's error ("connect 127.0.0.1:8000: Connection
  /// refused").
  static Async<TcpStream> connect(std::string host, std::uint16_t port);

  [[nodiscard]] int fd() const { return io_.fd(); }
  /// True if there is a connection.
  explicit operator bool() const { return static_cast<bool>(io_.source()); }

  /// Ready when a read would not block. Nothing is held meanwhile: an idle connection costs its
  /// task and its registration, and no buffer.
  auto readable() { return io_.readable(); }

  /// Ready when the connection is gone for both directions, as after a reset. A peer that only has
  /// no more to send is not gone. For the task that reads, when it has read the end of file.
  auto ended() { return io_.ended(); }

  /// Reads into `buffer`, which must be alive until then. 0 is end of file. A future of
  /// std::size_t.
  auto read(std::span<char> buffer) {
    return io_.io(Direction::read, [buffer](int fd) { return try_read(fd, buffer); });
  }

  /// Reads what has come, up to 16 KiB: empty at end of file. Holds no buffer while it waits. A
  /// future of Bytes.
  auto read_some() {
    return io_.io(Direction::read, [](int fd) { return try_read_some(fd); });
  }

  /// Everything up to end of file.
  Async<std::string> read_to_end();

  /// Writes what the kernel takes now: at least one byte. A future of std::size_t.
  auto write_some(std::span<const char> bytes) {
    return io_.io(Direction::write, [bytes](int fd) { return try_write(fd, bytes); });
  }

  /// Writes all of `bytes`, which must be alive until then, as a temporary is that stands in the
  /// same statement as `co_await`. A future of void.
  template <std::convertible_to<std::string_view> Text>
  auto write_all(const Text& bytes) {  // by value, a view would be in the coroutine's frame, too
    return WriteAll(io_, bytes);
  }

  /// No more from here: the peer reads end of file, and may still send. See shutdown(2).
  void half_close();

 private:
  using Evented = PollEvented<common::Fd>;

  class [[nodiscard]] WriteAll : public IoWait<Evented> {
   public:
    using Output = void;

    WriteAll(Evented& io, std::string_view bytes) : IoWait(io, Direction::write), unsent_(bytes) {}

    Poll<void> poll(Context& context);

   private:
    std::string_view unsent_;
  };

  static Tried<std::size_t> try_read(int fd, std::span<char> buffer);
  static Tried<Bytes> try_read_some(int fd);
  static Tried<std::size_t> try_write(int fd, std::span<const char> bytes);

  Evented io_;
};

/// A socket that listens. One task may accept at a time. Must not be moved while it waits.
class TcpListener {
 public:
  /// Listens on the first address of `host` that can be bound; `port` 0 picks a free one. A name is
  /// looked up at once, which may block: bind before the tasks run, or to an address in numbers.
  /// `peer_timeout` and errors: those of `common::listen_tcp`.
  static TcpListener bind(const std::string& host, std::uint16_t port,
                          common::Duration peer_timeout = common::kPeerTimeout);

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
