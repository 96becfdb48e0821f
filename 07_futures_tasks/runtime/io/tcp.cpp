#include "runtime/io/tcp.hpp"

#include <limits.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <exception>
#include <system_error>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"
#include "runtime/executor/spawn_blocking.hpp"

namespace runtime {

// A read that returned less than was asked for has emptied the socket, and a write that took less
// than it was given has filled it: to call once more would only give EAGAIN. (End of file is no
// such sign: it stays.) See epoll(7), questions and answers.

Tried<std::size_t> TcpStream::try_read(int fd, std::span<char> buffer) {
  const auto size = common::try_read(fd, buffer);
  return {size, size && *size > 0 && *size < buffer.size()};
}

Tried<std::string> TcpStream::try_read_some(int fd) {
  std::array<char, 16 * 1024> buffer;  // on the stack, for the moment of this call
  const auto [size, drained] = try_read(fd, buffer);
  if (!size) return {};
  return {std::string(buffer.data(), *size), drained};
}

Tried<std::size_t> TcpStream::try_write(int fd, std::span<const char> bytes) {
  const auto size = common::try_write(fd, bytes);
  return {size, size && *size < bytes.size()};
}

Tried<std::size_t> TcpStream::try_write_vectored(int fd,
                                                 const std::vector<std::string_view>& pieces) {
  std::vector<iovec> vectors;
  std::size_t total = 0;
  for (const std::string_view piece : pieces) {
    if (vectors.size() == IOV_MAX) break;
    if (piece.empty()) continue;  // or a thousand of them would be a write of nothing
    vectors.push_back(
        {const_cast<char*>(piece.data()), piece.size()});  // writev does not write there
    total += piece.size();
  }
  const auto call = [&] { return ::writev(fd, vectors.data(), static_cast<int>(vectors.size())); };
  const ssize_t size = common::retry(call);
  if (size == -1 && errno == EAGAIN) return {};
  const auto written = static_cast<std::size_t>(common::check(size, "writev"));
  return {written, written < total};
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
    const std::string bytes = co_await read_some();
    if (bytes.empty()) co_return all;
    all += bytes;
  }
}

void TcpStream::half_close() {
  common::check(::shutdown(fd(), SHUT_WR), "shutdown");
}

Async<TcpStream> TcpStream::connect(std::string host, std::uint16_t port) {
  using common::Lookup, common::Transport;
  auto addresses = common::resolve(host, port, Transport::tcp, Lookup::none);
  if (addresses.empty()) {
    auto lookup = spawn_blocking([=] { return common::resolve(host, port, Transport::tcp); });
    addresses = co_await lookup;
  }
  std::exception_ptr error;
  for (const common::Address& address : addresses) {
    try {
      Evented io(common::start_connect(address));
      const auto finish = [&address](int fd) {
        return common::finish_connect(fd, address) ? Tried<Done>{done} : Tried<Done>{};
      };
      co_await io.io(Direction::write, finish);
      TcpStream stream;
      stream.io_ = std::move(io);
      co_return stream;
    } catch (const std::system_error&) {
      error = std::current_exception();
    }
  }
  std::rethrow_exception(error);
}

TcpListener TcpListener::bind(const std::string& host, std::uint16_t port) {
  common::Fd socket = common::listen_tcp(host, port);
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
