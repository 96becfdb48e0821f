// How does a test talk to a server, politely or not? With a socket that can do every wrong thing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/fd.hpp"
#include "common/socket.hpp"
#include "lab/support/program.hpp"

namespace lab {

/// `size` bytes in no order that an accident could repeat, the same in every run.
std::string random_bytes(std::size_t size);

/// One TCP connection to a server under test. What waits has the time limit `kPatience` and throws
/// TimeLimit; errors from the socket are thrown as std::system_error.
class Peer {
 public:
  /// Connects to `port` on 127.0.0.1. With `receive_buffer` bytes for what it has not read yet, if
  /// given: the smaller, the sooner a server notices a peer that does not read.
  explicit Peer(std::uint16_t port, int receive_buffer = 0);

  /// The next line without its line feed, or what is left at end of file.
  std::string read_line();
  /// The next `size` bytes, or what is left at end of file.
  std::string read(std::size_t size);
  /// Everything until end of file.
  std::string read_all();
  /// Sends all of it, reading nothing meanwhile.
  void send(std::string_view bytes);
  /// Sends one byte as urgent. See send(2), MSG_OOB.
  void send_urgent(char byte);
  /// Sends all of it and reads at the same time until as much has come back; returns that.
  std::string exchange(std::string_view bytes);
  /// Sends again and again, reading nothing, until for a while no byte more is taken: every buffer
  /// on the way is full. Returns all that was sent, which is `pattern` over and over.
  std::string flood(std::string_view pattern);
  /// The same with random bytes.
  std::string flood() { return flood(random_bytes(1024 * 1024)); }

  /// True if for a while nothing comes.
  bool hears_nothing();

  /// Each piece that is sent becomes a packet of its own. See tcp(7), TCP_NODELAY.
  void send_at_once();

  /// Says "no more from me": end of file for the server, which may still send. See shutdown(2).
  void half_close();
  /// Ends the connection at once with a reset. See socket(7), SO_LINGER.
  void reset();
  /// From now on hears nothing, and so answers nothing: for the server, as if its power had failed.
  /// What it sends still arrives. See socket(7), SO_ATTACH_FILTER.
  void vanish();
  /// Ends the connection in the usual way.
  void close() { socket_.reset(); }

 private:
  /// Appends what has come to `pending_`: false at end of file.
  bool receive();

  common::Fd socket_;
  std::string pending_;
};

/// A sender of datagrams to a server under test: a UDP socket that hears this server alone.
class UdpPeer {
 public:
  explicit UdpPeer(std::uint16_t port, const std::string& host = "127.0.0.1");

  /// Sends one datagram.
  void send(std::string_view bytes);
  /// The next datagram. It has the time limit `kPatience` and throws TimeLimit.
  std::string receive();
  /// Sends one and returns the next that comes.
  std::string exchange(std::string_view bytes);
  /// True if for a while nothing comes.
  bool hears_nothing();

  /// Where the server's answers go.
  common::Address address() const { return common::local_address(socket_.get()); }

 private:
  common::Fd socket_;
};

/// A TCP port that nobody listens on, because somebody else has it bound.
struct DeadPort {
  common::Fd fd = bound_socket();
  std::string port = std::to_string(common::local_address(fd.get()).port());

  /// Bound and not listening: nobody else, and no outgoing connection, can get the port meanwhile.
  static common::Fd bound_socket();
};

/// False where the machine has no IPv6, as in many containers: ::1 is then nobody's address.
bool has_ipv6();

}  // namespace lab
