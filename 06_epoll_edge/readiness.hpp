// What has the kernel said of a socket? An edge is told once, so it has to be remembered.
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>

/// All that can become ready, registered once: each change is told once.
inline constexpr std::uint32_t kAllEdges = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET;

/// How often one connection reads and writes before it is the others' turn.
inline constexpr int kRoundsPerTurn = 4;

/// What holds for a socket until a call shows that it no longer does. Tokio caches the same.
struct Readiness {
  bool readable = false;
  bool writable = false;
  /// The peer has sent all that it will send: a read may return less than was asked for, and yet
  /// the end of file, or an error, is still there to be read.
  bool ended = false;
  /// A byte was sent as urgent: the next read stops before it, also where more is there.
  bool urgent = false;

  /// Takes in what epoll says. EPOLLRDHUP is the peer's half-close: it may still be written to.
  /// EPOLLHUP and EPOLLERR are the end in both directions: any call will tell.
  void add(std::uint32_t events) {
    const bool dead = events & (EPOLLHUP | EPOLLERR);
    ended = ended || dead || (events & EPOLLRDHUP);
    urgent = urgent || (events & EPOLLPRI);
    readable = readable || ended || (events & EPOLLIN);
    writable = writable || dead || (events & EPOLLOUT);
  }

  /// A read got `got` of the `asked` bytes; 0 if it would have blocked. If not all: the socket is
  /// empty, and the next byte will be a new edge.
  void after_read(std::size_t got, std::size_t asked) {
    readable = got != 0 && (got == asked || ended || urgent);
    urgent = false;
  }

  /// A write took less than was offered: the socket is full, and room will be a new edge.
  void write_short() { writable = false; }
};
