// How does a host and a port become a socket? Addresses, listening, connecting, binding.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/fd.hpp"

namespace common {

/// An IPv4 or IPv6 address with its port, as the system calls want it. See ip(7) and ipv6(7).
class Address {
 public:
  /// Room for any address: for calls that fill one in through `data()` and `size()`.
  Address() = default;

  /// A copy of `length` bytes at `address`.
  Address(const sockaddr* address, socklen_t length);

  [[nodiscard]] const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&bytes_); }
  [[nodiscard]] sockaddr* data() { return reinterpret_cast<sockaddr*>(&bytes_); }
  [[nodiscard]] const socklen_t& size() const { return size_; }
  [[nodiscard]] socklen_t& size() { return size_; }
  [[nodiscard]] int family() const { return bytes_.ss_family; }
  [[nodiscard]] std::uint16_t port() const;

 private:
  sockaddr_storage bytes_{};
  socklen_t size_ = sizeof(sockaddr_storage);
};

/// "127.0.0.1:8000", "[::1]:8000", "[fe80::1%2]:8000": numbers only, no name is looked up.
std::string to_string(const Address& address);

/// The address that `fd` is bound to: the way to learn which port `0` became. See getsockname(2).
Address local_address(int fd);

enum class Transport { tcp, udp };

/// Whether `resolve` may look a name up, which takes as long as the resolver likes.
enum class Lookup { blocking, none };

/// All addresses of `host`, which is a name or an address in numbers, best first.
///
/// Blocks while a name is looked up: see getaddrinfo(3). With `Lookup::none` it never blocks, and
/// returns nothing for a name. Throws std::system_error ("resolve nowhere.example: Name or service
/// not known").
std::vector<Address> resolve(const std::string& host, std::uint16_t port, Transport transport,
                             Lookup lookup = Lookup::blocking);

/// How long a peer may owe an answer before its connection is given up, unless somebody says more.
inline constexpr Duration kPeerTimeout = std::chrono::seconds(60);

/// A blocking socket that listens on the first address of `host` that can be bound. Where there are
/// others, lines on standard error say so.
///
/// The queue of connections not yet accepted is as long as the system allows (SOMAXCONN), and
/// SO_REUSEADDR is set, so that a server can be started again at once: see listen(2), socket(7).
/// Throws std::system_error ("bind 127.0.0.1:8000: Address already in use").
///
/// A connection that is accepted from it fails with ETIMEDOUT when its peer's system has not
/// answered for `peer_timeout`, or has taken no byte for as long while there are some to be sent.
/// Zero: the kernel's own patience, which has no end where nothing is sent. (It asks in whole
/// seconds, and of a silent peer twice in the time; so below 2 s it may take a second more.)
Fd listen_tcp(const std::string& host, std::uint16_t port, Duration peer_timeout = kPeerTimeout);

/// A blocking socket connected to the first address of `host` that answers.
///
/// Blocks until then. Throws the last address's error ("connect 127.0.0.1:8000: Connection
/// refused").
Fd connect_tcp(const std::string& host, std::uint16_t port);

/// A nonblocking socket on its way to `address`; `finish_connect` tells when it has arrived.
///
/// Throws std::system_error where the answer is known at once ("connect …: …"). See connect(2),
/// EINPROGRESS.
Fd start_connect(const Address& address);

/// How a `start_connect` went: true when connected, false while it is still on its way.
///
/// Never blocks. Call it when the socket becomes writable, or from time to time. Throws
/// std::system_error when the connection failed ("connect 127.0.0.1:8000: Connection refused").
/// The question has two halves: SO_ERROR holds a failure, getpeername(2) knows success from not
/// yet.
bool finish_connect(int fd, const Address& address);

/// Throws the reason why a connection is dead ("hangup: Connection reset by peer"): for a socket
/// that poll(2) reports with POLLERR or POLLHUP. See socket(7), SO_ERROR.
[[noreturn]] void throw_hangup(int fd);

/// A nonblocking connect to a host that may have several addresses: each is tried until one
/// answers.
class Connector {
 public:
  /// Starts with the first of `addresses`, of which there must be one. Throws like `finish`.
  explicit Connector(std::vector<Address> addresses);

  /// The socket to wait for; `finish` may replace it by another.
  [[nodiscard]] int fd() const { return socket_.get(); }

  /// True when `fd()` is connected, false while it is on its way. Never blocks. Throws the last
  /// address's error when none has answered ("connect 127.0.0.1:8000: Connection refused").
  bool finish();

 private:
  void start();

  std::vector<Address> addresses_;
  std::size_t current_ = 0;
  Fd socket_;
};

/// The same for UDP: a nonblocking socket bound to the first address of `host` that can be bound.
///
/// Throws std::system_error ("bind 127.0.0.1:2000: Address already in use").
Fd bind_udp(const std::string& host, std::uint16_t port);

/// From now on a call on `fd` that would have to wait returns EAGAIN instead. See fcntl(2).
void set_nonblocking(int fd);

}  // namespace common
