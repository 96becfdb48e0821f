#include "turns.hpp"

#include <algorithm>
#include <array>

namespace {

/// One talk's part of a turn. True if it was interrupted.
bool listen(Talk& talk) {
  std::array<char, 4096> buffer;
  std::size_t left = kMost;
  while (!talk.ended && left != 0) {
    const auto size = talk.read(std::span(buffer).first(std::min(left, buffer.size())));
    if (!size) return false;
    talk.bytes.append(buffer.data(), *size);
    talk.ended = *size == 0;
    left -= *size;
  }
  return !talk.ended;
}

}  // namespace

bool turn(std::span<Talk> talks) {
  bool more = false;
  for (Talk& talk : talks) more = listen(talk) || more;  // not the other way round
  return more;
}
