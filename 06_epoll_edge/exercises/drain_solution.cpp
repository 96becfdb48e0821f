#include "drain.hpp"

#include <array>

#include "common/io.hpp"

bool Inbox::drain(int fd, std::uint32_t events) {
  ready_.add(events);
  std::array<char, kRead> buffer;
  for (int round = 0; ready_.readable && round < kRoundsPerTurn; ++round) {
    const auto size = common::try_read(fd, buffer);
    bytes_.append(buffer.data(), size.value_or(0));
    ready_.after_read(size.value_or(0), buffer.size());
    ended_ = size == 0;
  }
  return ready_.readable;
}
