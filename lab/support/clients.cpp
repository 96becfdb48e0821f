#include "lab/support/clients.hpp"

namespace lab {

Peer deaf_client(std::uint16_t port) {
  Peer peer(port, kSmallBuffer);
  peer.flood();
  return peer;
}

void come_and_go(std::uint16_t port) {
  for (int i = 0; i < 3; ++i) Peer(port).close();
  for (int i = 0; i < 3; ++i) Peer(port).reset();
}

std::string exchange_half_closed(Peer& peer, std::string_view bytes) {
  peer.send(bytes);
  peer.half_close();
  return peer.read_all();
}

}  // namespace lab
