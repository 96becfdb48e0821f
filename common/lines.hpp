// How do ten answers share one screen? Whole lines at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace common {

/// Copies what one connection receives to standard output, whole lines, as they arrive, and checks
/// that the last line is the server's "end N".
///
/// Bytes arrive in any pieces: "sta", "rt 1\nen", "d 1\n". A client that printed the pieces would
/// mix its words with its neighbour's. Thread safety: each connection has its own object, and
/// objects in different threads may print at the same time.
class LinePrinter {
 public:
  /// `peer` is the server's address, for messages.
  explicit LinePrinter(std::string peer) : peer_(std::move(peer)) {}

  /// Takes the next bytes and prints the lines that they complete. Of a line that does not end
  /// within 64 KiB, the first 64 KiB are printed as if it did. Waits for whoever reads standard
  /// output, unlike `print_line`: what was asked for may come late, and must not be lost.
  void print(std::string_view bytes);

  /// The connection has ended. Prints what is left; throws std::runtime_error if the last line
  /// did not begin with "end ".
  void finish();

 private:
  void print_whole(std::size_t size);

  std::string peer_;
  std::string pending_;    // the beginning of a line
  std::string last_line_;  // without its line feed
};

}  // namespace common
