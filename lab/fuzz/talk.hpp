// What was said in a broadcast, and what of it may a client have heard?
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace fuzz {

/// All that was said, in pieces: what the server has read at once stays together.
struct Talk {
  std::string bytes;
  std::vector<std::size_t> starts;  // of each piece
  std::vector<std::size_t>
      doubtful;  // pieces that may never have been told: the last of those who left

  void add(const std::string& said, std::size_t at, std::size_t size) {
    starts.push_back(bytes.size());
    bytes.append(said, at, size);
  }

  /// Where the piece with this number begins; the one that is still to come at the end of all.
  [[nodiscard]] std::size_t start(std::size_t piece) const {
    return piece < starts.size() ? starts[piece] : bytes.size();
  }

  /// True if what follows `place`, a piece's number, begins with `heard`.
  [[nodiscard]] bool fits(std::size_t place, const std::string& heard, std::size_t from = 0) const {
    const std::size_t begin = start(place) + from;
    return begin <= bytes.size() &&
           bytes.compare(begin, heard.size() - from, heard, from, std::string::npos) == 0;
  }

  /// Takes a piece out: it was never told.
  void lose(std::size_t piece) {
    const std::size_t begin = start(piece);
    const std::size_t size = start(piece + 1) - begin;
    bytes.erase(begin, size);
    for (std::size_t later = piece + 1; later < starts.size(); ++later) starts[later] -= size;
  }
};

/// One client: the places where it may have joined, as numbers of pieces. Where it was, only the
/// server knows.
struct Hearing {
  std::size_t earliest = 0;
  std::size_t latest = 0;
  std::vector<std::size_t> places;  // between these, and fit what it has heard

  /// Finds the places anew. False if there is none.
  bool find(const Talk& talk, const std::string& heard) {
    places.clear();
    for (std::size_t place = earliest; place <= std::min(latest, talk.starts.size()); ++place) {
      if (talk.fits(place, heard)) places.push_back(place);
    }
    return !places.empty();
  }
};

}  // namespace fuzz
