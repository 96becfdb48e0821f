#include "runtime/io/tcp_listener.hpp"

namespace runtime {

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
