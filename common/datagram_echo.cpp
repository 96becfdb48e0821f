#include "common/datagram_echo.hpp"

#include <span>

#include "common/report.hpp"
#include "common/socket.hpp"

namespace common {

DatagramEcho::DatagramEcho(const ServerOptions& options)
    : limit_(options.connections), socket_(bind_udp(options.host, options.port)) {}

bool DatagramEcho::receive() {
  if (queue_.full()) return false;
  const auto datagram = try_recv_from(fd(), buffer_);
  if (!datagram) return false;
  statistics_.received();
  contain_errors(datagram->sender,
                 [&] { queue_.push(std::span(buffer_).first(datagram->size), datagram->sender); });
  return true;
}

bool DatagramEcho::send() {
  if (queue_.empty()) return false;
  const Reply& reply = queue_.front();
  const bool blocked = contain_errors(reply.receiver, [&] {
    if (!try_send_to(fd(), reply.bytes, reply.receiver)) return true;
    statistics_.sent();
    return false;
  });
  if (!blocked) queue_.pop();
  return !blocked;
}

}  // namespace common
