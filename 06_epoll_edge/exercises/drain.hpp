// Exercise: drain. An edge is told once: how much of what it told of has to be read?
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "../readiness.hpp"

/// What one connection has received.
class Inbox {
 public:
  /// How much one read asks for, and how much one call of `drain` takes at most.
  static constexpr std::size_t kRead = std::size_t{16} * 1024;
  static constexpr std::size_t kTurn = kRoundsPerTurn * kRead;

  /// Takes in what epoll said of the nonblocking socket `fd`, which is watched for kAllEdges, and
  /// appends what has come to `bytes()`. True if it stops at `kTurn` and there may be more: no edge
  /// will tell of it, so call again, with no events, when the others have had their turn.
  ///
  /// A read that returned less than was asked for has emptied the socket, and is not followed by
  /// one that would block. But once epoll has said that the peer has finished, the end of file is
  /// still behind the bytes, and no other edge comes for it. A read that would block is believed,
  /// whatever epoll has said.
  ///
  /// Throws what `common::try_read` throws.
  bool drain(int fd, std::uint32_t events = 0);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

  /// True when the end of file was read: `bytes()` is all there will be.
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  Readiness ready_;
  std::string bytes_;
  bool ended_ = false;
};
