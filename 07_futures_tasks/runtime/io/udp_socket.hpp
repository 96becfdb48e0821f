// How does a task send and receive datagrams? With a UDP socket.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/io/poll_evented.hpp"
#include "runtime/io/registration.hpp"
#include "runtime/io/scheduled_io.hpp"

namespace runtime {

/// A UDP socket. One task may receive and another one send at the same time. Cancelling either
/// loses no datagram. Must not be moved while somebody waits.
class UdpSocket {
 public:
  /// Binds to the first address of `host` that can be bound; as `TcpListener::bind`. Errors: those
  /// of `common::bind_udp`.
  static UdpSocket bind(const std::string& host, std::uint16_t port);

  [[nodiscard]] int fd() const { return io_.fd(); }
  [[nodiscard]] std::uint16_t port() const;

  /// The next datagram, in `buffer`, which must be alive until then and have room for the longest
  /// (`common::kLongestDatagram`). A future of common::Datagram.
  auto receive_from(std::span<char> buffer) {
    return io_.io(Direction::read, [buffer](int fd) { return try_receive(fd, buffer); });
  }
  /// Sends one datagram, whole. `bytes` must be alive until then. A future of Done.
  auto send_to(std::span<const char> bytes, common::Address receiver) {
    return io_.io(Direction::write, [=](int fd) { return try_send(fd, bytes, receiver); });
  }

  /// The same for futures written by hand.
  Poll<common::Datagram> poll_receive_from(std::span<char> buffer, Context& context) {
    const auto attempt = [buffer](int fd) { return try_receive(fd, buffer); };
    return io_.poll_io(Direction::read, context, attempt);
  }
  Poll<Done> poll_send_to(std::span<const char> bytes, const common::Address& receiver,
                          Context& context) {
    const auto attempt = [&](int fd) { return try_send(fd, bytes, receiver); };
    return io_.poll_io(Direction::write, context, attempt);
  }

 private:
  explicit UdpSocket(common::Fd socket) : io_(std::move(socket)) {}
  static Tried<common::Datagram> try_receive(int fd, std::span<char> buffer);
  static Tried<Done> try_send(int fd, std::span<const char> bytes, const common::Address& receiver);

  PollEvented<common::Fd, Interest::write_on_demand> io_;
};

}  // namespace runtime
