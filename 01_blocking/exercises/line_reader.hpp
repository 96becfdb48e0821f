// Exercise: a line reader. Why does "one read, one line" work on your desk, and fail over a
// network?
#pragma once

#include <cstddef>
#include <optional>
#include <string>

/// The lines of a connection, one after the other.
///
/// TCP carries bytes, and no lines and no messages: what was written with one call may come in
/// several reads, and what was written with several may come in one. So whoever wants a line has to
/// read until it is complete, and to keep what has come behind it.
class LineReader {
 public:
  /// A line that is longer than this, without its line feed, is nobody's: bytes without end must
  /// not become memory without end.
  static constexpr std::size_t kLongest = 1000;

  /// `socket` is a blocking one, and somebody else's. (The test gives up a read that waits for more
  /// than 0.1 s: it fails with "Resource temporarily unavailable".)
  explicit LineReader(int socket) : socket_(socket) {}

  /// Waits for the next line and returns it without its line feed. At the end of file it returns
  /// what is left without one, if anything is, and then std::nullopt. Does not wait for more than
  /// the line needs.
  /// Throws std::length_error for a line that is too long, as soon as that is sure, and what
  /// `common::read_some` throws.
  std::optional<std::string> next();

 private:
  int socket_;
  std::string pending_;  // read, and not yet returned
};
