#include "line_reader.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "common/io.hpp"

std::optional<std::string> LineReader::next() {
  std::array<char, 4096> buffer;
  for (;;) {
    const std::size_t size = pending_.find('\n');
    if (std::min(size, pending_.size()) > kLongest) throw std::length_error("line too long");
    if (size != std::string::npos) {
      std::string line = pending_.substr(0, size);
      pending_.erase(0, size + 1);
      return line;
    }
    const std::size_t more = common::read_some(socket_, buffer);
    if (more == 0) break;
    pending_.append(buffer.data(), more);
  }
  if (pending_.empty()) return std::nullopt;
  return std::exchange(pending_, {});
}
