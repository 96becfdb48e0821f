// How can every client have its own queue of bytes to be sent, and all share one copy? They get the
// same bytes in the same order. So a queue is a place in the transcript of all that was said.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// How far a client may fall behind: bytes said, and not yet written to its socket.
inline constexpr std::size_t kMostBehind = 1024 * 1024;

/// The longest piece that is added at once.
inline constexpr std::size_t kLongestPiece = 16 * 1024;

/// The end of all that was said: a ring, in which the newest bytes take the place of the oldest.
/// Its memory is the same for any number of clients and any number of pieces, however small.
///
/// Invariant: byte number p of all is at ring_[p % kSize], unless p + kSize < end_.
class Transcript {
 public:
  /// How many bytes were said before: a place between two of them.
  using Position = std::uint64_t;

  /// The place behind the last byte: a newcomer's.
  [[nodiscard]] Position end() const { return end_; }

  /// How many bytes have been said since `position`.
  [[nodiscard]] std::size_t behind(Position position) const { return end_ - position; }

  /// Says `piece`. REQUIRES: at most `kLongestPiece` bytes. Then who was `kMostBehind` before still
  /// finds all that it needs.
  void add(std::span<const char> piece) {
    assert(piece.size() <= kLongestPiece);
    const std::span<char> room = std::span(ring_).subspan(end_ % kSize);
    const std::size_t first = std::min(piece.size(), room.size());
    std::ranges::copy(piece.first(first), room.begin());
    std::ranges::copy(piece.subspan(first), ring_.begin());
    end_ += piece.size();
  }

  /// What was said since `position`; where the ring's seam is in it, only what comes before that.
  /// Valid until the next `add`. REQUIRES: no more than `kSize` behind.
  [[nodiscard]] std::span<const char> since(Position position) const {
    assert(behind(position) <= kSize);
    const std::span<const char> bytes = std::span(ring_).subspan(position % kSize);
    return bytes.first(std::min(behind(position), bytes.size()));
  }

 private:
  static constexpr std::size_t kSize = kMostBehind + kLongestPiece;

  std::vector<char> ring_ = std::vector<char>(kSize);
  Position end_ = 0;
};
