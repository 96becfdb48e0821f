#include "lab/support/peer.hpp"

#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <random>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"

namespace lab {
namespace {

/// Waits until `fd` is ready for one of `events`. Returns what it is ready for; 0 when time is up.
short wait_for(int fd, short events, common::Duration limit) {
  pollfd ready{fd, events, 0};
  common::check(common::retry([&] { return ::poll(&ready, 1, common::whole_milliseconds(limit)); }),
                "poll");
  return ready.revents;
}

short must_wait_for(int fd, short events, const std::string& what) {
  const short ready = wait_for(fd, events, kPatience);
  if (ready == 0) throw TimeLimit("a peer waited in vain " + what);
  return ready;
}

/// A write to a peer that is gone must be an error in the test, not the end of it.
std::optional<std::size_t> send_some(int fd, std::string_view bytes) {
  const ssize_t size =
      common::retry([&] { return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
  if (size == -1 && errno == EAGAIN) return std::nullopt;
  return static_cast<std::size_t>(common::check(size, "send"));
}

/// How long is "a while": long enough that what will happen has happened, on a slow machine too.
constexpr common::Duration kQuiet = std::chrono::milliseconds(200);

/// More than all buffers between two sockets hold; a server that takes more reads without end.
constexpr std::size_t kMostInBuffers = 256 * 1024 * 1024;

}  // namespace

Peer::Peer(std::uint16_t port, int receive_buffer) {
  const common::Address address =
      common::resolve("127.0.0.1", port, common::Transport::tcp).front();
  if (receive_buffer == 0) {
    socket_ = start_connect(address);
  } else {
    // The window is agreed on when the connection is made, so the size is set before.
    socket_ = common::Fd(common::check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    common::check(
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer),
        "setsockopt");
    common::check(::connect(socket_.get(), address.data(), address.size()), "connect");
    common::set_nonblocking(socket_.get());
  }
  while (!finish_connect(socket_.get(), address)) {
    must_wait_for(socket_.get(), POLLOUT, "for its connection");
  }
}

std::string Peer::read_line() {
  std::size_t feed;
  while ((feed = pending_.find('\n')) == std::string::npos) {
    if (!receive()) return std::exchange(pending_, {});
  }
  std::string line = pending_.substr(0, feed);
  pending_.erase(0, feed + 1);
  return line;
}

std::string Peer::read(std::size_t size) {
  while (pending_.size() < size && receive()) continue;
  std::string bytes = pending_.substr(0, size);
  pending_.erase(0, size);
  return bytes;
}

std::string Peer::read_all() {
  while (receive()) continue;
  return std::exchange(pending_, {});
}

void Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    must_wait_for(socket_.get(), POLLOUT, "to send");
    bytes.remove_prefix(send_some(socket_.get(), bytes).value_or(0));
  }
}

void Peer::send_urgent(char byte) {
  common::check(::send(socket_.get(), &byte, 1, MSG_OOB | MSG_NOSIGNAL), "send");
}

std::string Peer::exchange(std::string_view bytes) {
  std::string back;
  const std::size_t total = bytes.size();
  while (back.size() < total) {
    const auto events = static_cast<short>(POLLIN | (bytes.empty() ? 0 : POLLOUT));
    const short ready = must_wait_for(socket_.get(), events, "for its echo");
    if ((ready & POLLOUT) != 0) {
      bytes.remove_prefix(send_some(socket_.get(), bytes.substr(0, 64 * 1024)).value_or(0));
    }
    if ((ready & ~POLLOUT) != 0) {
      if (!receive()) break;
      back += std::exchange(pending_, {});
    }
  }
  return back;
}

std::string Peer::flood(std::string_view pattern) {
  std::string sent;
  while (wait_for(socket_.get(), POLLOUT, kQuiet) != 0) {
    const std::string_view next = pattern.substr(sent.size() % pattern.size());
    sent += next.substr(0, send_some(socket_.get(), next).value_or(0));
    if (sent.size() > kMostInBuffers) throw std::runtime_error("a flood that nobody holds back");
  }
  return sent;
}

void Peer::vanish() {
  sock_filter drop_all = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{1, &drop_all};
  common::check(::setsockopt(socket_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program),
                "setsockopt");
}

bool Peer::hears_nothing() {
  return pending_.empty() && wait_for(socket_.get(), POLLIN, kQuiet) == 0;
}

void Peer::send_at_once() {
  const int on = 1;
  common::check(::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on),
                "setsockopt");
}

void Peer::half_close() {
  common::check(::shutdown(socket_.get(), SHUT_WR), "shutdown");
}

void Peer::reset() {
  const linger at_once{1, 0};
  common::check(::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once),
                "setsockopt");
  socket_.reset();
}

bool Peer::receive() {
  must_wait_for(socket_.get(), POLLIN, "for bytes");
  std::array<char, 64 * 1024> buffer;
  const auto size = common::try_read(socket_.get(), buffer);
  if (!size) return true;
  pending_.append(buffer.data(), *size);
  return *size != 0;
}

UdpPeer::UdpPeer(std::uint16_t port, const std::string& host) {
  const common::Address address = common::resolve(host, port, common::Transport::udp).front();
  socket_ = common::Fd(common::check(
      ::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
  // Room for many answers while nobody reads them: what does not fit is dropped. The kernel gives
  // what net.core.rmem_max allows.
  const int room = 4 * 1024 * 1024;
  common::check(::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room),
                "setsockopt");
  common::check(::connect(socket_.get(), address.data(), address.size()), "connect");
}

void UdpPeer::send(std::string_view bytes) {
  while (!send_some(socket_.get(), bytes)) must_wait_for(socket_.get(), POLLOUT, "to send");
}

std::string UdpPeer::receive() {
  std::array<char, common::kLongestDatagram> buffer;
  std::optional<std::size_t> size;
  while (!(size = common::try_read(socket_.get(), buffer))) {
    must_wait_for(socket_.get(), POLLIN, "for a datagram");
  }
  return std::string(buffer.data(), *size);
}

std::string UdpPeer::exchange(std::string_view bytes) {
  send(bytes);
  return receive();
}

bool UdpPeer::hears_nothing() {
  return wait_for(socket_.get(), POLLIN, kQuiet) == 0;
}

common::Fd DeadPort::bound_socket() {
  common::Fd socket(common::check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  const common::Address any = common::resolve("127.0.0.1", 0, common::Transport::tcp).front();
  common::check(::bind(socket.get(), any.data(), any.size()), "bind");
  return socket;
}

bool has_ipv6() {
  try {
    common::listen_tcp("::1", 0);
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

std::string random_bytes(std::size_t size) {
  std::mt19937_64 generator(1);  // seeded alike on purpose
  std::string bytes(size, '\0');
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(generator()); });
  return bytes;
}

}  // namespace lab
