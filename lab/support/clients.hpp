// How do clients behave that a server has to survive? Each way is a function here; what the server
// should make of it, whoever calls one judges.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lab/support/peer.hpp"

namespace lab {

/// So little room for what it has not read has a client that soon every buffer is full.
inline constexpr int kSmallBuffer = 1;

/// One that has sent until every buffer on the way is full, and has read nothing.
Peer deaf_client(std::uint16_t port);

/// Three that connect and leave at once, and three more that leave with a reset.
void come_and_go(std::uint16_t port);

/// Says all of `bytes`, and that this was all. Returns what comes back nevertheless, until the end.
std::string exchange_half_closed(Peer& peer, std::string_view bytes);

/// Says one byte after the other, each when the one before has come back, and calls `pause` with
/// each in between. Returns what came back.
template <class Pause>
std::string exchange_byte_by_byte(Peer& peer, std::string_view bytes, Pause pause) {
  std::string back;
  for (const char byte : bytes) {
    back += peer.exchange({&byte, 1});
    pause(byte);
  }
  return back;
}
inline std::string exchange_byte_by_byte(Peer& peer, std::string_view bytes) {
  return exchange_byte_by_byte(peer, bytes, [](char) {});
}

}  // namespace lab
