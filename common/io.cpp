#include "common/io.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "common/error.hpp"

namespace common {
namespace {

/// The number of bytes that a call returned, would block as std::nullopt, or an exception.
std::optional<std::size_t> outcome(ssize_t result, const char* call) {
  if (result >= 0) return static_cast<std::size_t>(result);
  if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
  throw_error(errno, call);
}

/// accept(2): these belong to a connection that is gone, not to the listener.
bool is_about_one_connection(int code) {
  switch (code) {
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

/// accept4(2), past signals and connections that died in the queue. -1 and errno otherwise.
int accept_live(int listener, int flags) {
  for (;;) {
    const int fd = retry([&] { return ::accept4(listener, nullptr, nullptr, flags); });
    if (fd != -1 || !is_about_one_connection(errno)) return fd;
  }
}

/// udp(7), icmp(7): these belong to a datagram that was sent earlier, not to the one to receive.
bool is_about_a_sent_datagram(int code) {
  switch (code) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPROTO:
    case EMSGSIZE:
    case EACCES:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<std::size_t> try_read(int fd, std::span<char> buffer) {
  return outcome(retry([&] { return ::read(fd, buffer.data(), buffer.size()); }), "read");
}

std::optional<std::size_t> try_write(int fd, std::span<const char> bytes) {
  return outcome(retry([&] { return ::write(fd, bytes.data(), bytes.size()); }), "write");
}

std::optional<Fd> try_accept(int listener) {
  const int fd = accept_live(listener, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (outcome(fd, "accept")) return Fd(fd);
  return std::nullopt;
}

std::optional<Datagram> try_recv_from(int fd, std::span<char> buffer) {
  Datagram datagram;
  Address& from = datagram.sender;
  const auto receive = [&] {
    return retry([&] {
      from.size() = sizeof(sockaddr_storage);
      return ::recvfrom(fd, buffer.data(), buffer.size(), 0, from.data(), &from.size());
    });
  };
  ssize_t result = receive();
  if (result == -1 && errno != EAGAIN && errno != EWOULDBLOCK) result = receive();
  while (result == -1 && is_about_a_sent_datagram(errno)) result = receive();
  const auto size = outcome(result, "recvfrom");
  if (!size) return std::nullopt;
  datagram.size = *size;
  return datagram;
}

bool try_send_to(int fd, std::span<const char> bytes, const Address& receiver) {
  const auto send = [&] {
    return retry([&] {
      return ::sendto(fd, bytes.data(), bytes.size(), 0, receiver.data(), receiver.size());
    });
  };
  ssize_t result = send();
  if (result == -1 && errno != EAGAIN && errno != EWOULDBLOCK) result = send();
  return outcome(result, "sendto").has_value();
}

std::size_t read_some(int fd, std::span<char> buffer) {
  const auto size = check(retry([&] { return ::read(fd, buffer.data(), buffer.size()); }), "read");
  return static_cast<std::size_t>(size);
}

void write_all(int fd, std::span<const char> bytes) {
  while (!bytes.empty()) {
    const auto size =
        check(retry([&] { return ::write(fd, bytes.data(), bytes.size()); }), "write");
    bytes = bytes.subspan(static_cast<std::size_t>(size));
  }
}

Fd accept(int listener) {
  return Fd(check(accept_live(listener, SOCK_CLOEXEC), "accept"));
}

bool out_of_resources(const std::error_code& code) {
  return code == std::errc::too_many_files_open ||
         code == std::errc::too_many_files_open_in_system || code == std::errc::no_buffer_space ||
         code == std::errc::not_enough_memory;
}

}  // namespace common
