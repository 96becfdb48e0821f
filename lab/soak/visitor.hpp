// Who visits a server all day? Clients that talk, listen, dawdle, break off, or never read.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/protocol.hpp"

namespace soak {

/// One client after another, each in its own way; which way is drawn by lot. Thread safety: none.
class Visitor {
 public:
  /// `seed` decides which visits are made, in which order.
  Visitor(lab::Protocol protocol, std::uint16_t port, std::uint64_t seed);

  /// Makes one visit. Throws std::runtime_error, or an error derived from it, where the server has
  /// done wrong: a byte is wrong or missing, or an answer does not come.
  void visit();

  /// Visits made so far.
  [[nodiscard]] std::uint64_t visits() const { return visits_; }

  /// What the server should have counted: connections, or datagrams.
  [[nodiscard]] std::uint64_t counted() const { return counted_; }

 private:
  using Peer = lab::Peer;
  using UdpPeer = lab::UdpPeer;

  void visit_start_end();
  void visit_echo();
  void visit_datagrams();
  void visit_broadcast();

  void dawdle();
  void flood();
  void exchange(UdpPeer& peer, const std::string& bytes);
  void speak(bool loud);

  Peer connect(int receive_buffer = 0);
  void send(UdpPeer& peer, const std::string& bytes);
  std::string some_bytes(std::size_t most);
  std::string datagram(std::size_t most);
  std::string line(std::size_t size);
  /// Below `end`.
  std::size_t draw(std::size_t end);
  void pause(std::size_t most_milliseconds);
  /// Ends the connection with a reset, or in the usual way.
  void break_off(Peer& peer);

  const lab::Protocol protocol_;
  const std::uint16_t port_;
  std::mt19937_64 random_;
  std::uint64_t visits_ = 0;
  std::uint64_t counted_ = 0;
};

}  // namespace soak
