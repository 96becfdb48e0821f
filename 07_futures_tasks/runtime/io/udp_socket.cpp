#include "runtime/io/udp_socket.hpp"

namespace runtime {

UdpSocket UdpSocket::bind(const std::string& host, std::uint16_t port) {
  return UdpSocket(common::bind_udp(host, port));
}

std::uint16_t UdpSocket::port() const {
  return common::local_address(fd()).port();
}

Tried<common::Datagram> UdpSocket::try_receive(int fd, std::span<char> buffer) {
  return {common::try_recv_from(fd, buffer)};
}

Tried<Done> UdpSocket::try_send(int fd, std::span<const char> bytes,
                                const common::Address& receiver) {
  return common::try_send_to(fd, bytes, receiver) ? Tried<Done>{done} : Tried<Done>{};
}

}  // namespace runtime
