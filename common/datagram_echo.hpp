// What does a UDP echo do, however it waits? It takes a datagram in, and sends one back.
#pragma once

#include <array>
#include <cstdint>

#include "common/cli.hpp"
#include "common/datagram_queue.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/statistics.hpp"

namespace common {

/// A socket for datagrams, and the queue of those that are on their way back. Nothing here waits:
/// the programs that have one differ in how they do. Thread safety: none.
class DatagramEcho {
 public:
  /// Binds the socket as `options` say. Throws like `bind_udp`.
  explicit DatagramEcho(const ServerOptions& options);

  /// The socket to wait for.
  [[nodiscard]] int fd() const { return socket_.get(); }

  /// True while there is room in the queue: worth waiting until the socket is readable.
  [[nodiscard]] bool wants_to_receive() const { return !queue_.full(); }

  /// True while something is in the queue: worth waiting until the socket is writable.
  [[nodiscard]] bool wants_to_send() const { return !queue_.empty(); }

  /// Takes one datagram from the kernel, if one is there and there is room. True if it did.
  bool receive();

  /// Sends the first in the queue, if there is one and the kernel takes it now. True if it did, or
  /// if the kernel refused it for good: then it is gone, with a line on standard error.
  bool send();

  /// True when as many were sent back as `--connections` allows.
  [[nodiscard]] bool done() const { return statistics_.served() == limit_; }

  /// Prints the line of statistics.
  void print() const { statistics_.print(queue_.peak()); }

 private:
  const std::uint64_t limit_;
  const Fd socket_;
  DatagramStatistics statistics_;
  DatagramQueue queue_;
  std::array<char, kLongestDatagram> buffer_;
};

}  // namespace common
