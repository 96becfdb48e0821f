#include "runtime/io/tcp.hpp"

#include <sys/socket.h>

#include <exception>
#include <system_error>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"

namespace runtime {

// A read that returned less than was asked for has emptied the socket, and a write that took less
// than it was given has filled it: to call once more would only give EAGAIN. (End of file is no
// such sign: it stays.) See epoll(7), questions and answers.

Tried<std::size_t> TcpStream::try_read(int fd, std::span<char> buffer) {
  const auto size = common::try_read(fd, buffer);
  return {size, size && *size > 0 && *size < buffer.size()};
}

Tried<Bytes> TcpStream::try_read_some(int fd) {
  Tried<std::size_t> read;
  Bytes bytes = Bytes::from([&](std::span<char> room) {
    read = try_read(fd, room);
    return read.result.value_or(0);
  });
  if (!read.result) return {};
  return {std::move(bytes), read.drained};
}

Tried<std::size_t> TcpStream::try_write(int fd, std::span<const char> bytes) {
  const auto size = common::try_write(fd, bytes);
  return {size, size && *size < bytes.size()};
}

Poll<void> TcpStream::WriteAll::poll(Context& context) {
  while (!unsent_.empty()) {
    const auto attempt = [this](int fd) { return try_write(fd, unsent_); };
    auto size = poll_io(context, attempt);
    if (!size.is_ready()) return pending;
    unsent_.remove_prefix(size.take());
  }
  return done;
}

Async<std::string> TcpStream::read_to_end() {
  std::string all;
  for (;;) {
    const Bytes bytes = co_await read_some();
    if (bytes.empty()) co_return all;
    all += bytes;
  }
}

void TcpStream::half_close() {
  common::check(::shutdown(fd(), SHUT_WR), "shutdown");
}

TcpListener TcpListener::bind(const std::string& host, std::uint16_t port,
                              common::Duration peer_timeout) {
  common::Fd socket = common::listen_tcp(host, port, peer_timeout);
  common::set_nonblocking(socket.get());
  return TcpListener(std::move(socket));
}

std::uint16_t TcpListener::port() const {
  return common::local_address(fd()).port();
}

Tried<TcpStream> TcpListener::try_accept(int fd) {
  auto socket = common::try_accept(fd);
  if (!socket) return {};
  return {TcpStream(*std::move(socket))};
}

}  // namespace runtime
