// Exercise: fix this. It is right for as long as nobody is impatient.

#include "lines.hpp"

#include <cstddef>

runtime::Async<std::optional<std::string>> Lines::next() {
  std::string line = std::exchange(pending_, {});
  for (;;) {
    const std::size_t end = line.find('\n');
    if (end != std::string::npos) {
      pending_ = line.substr(end + 1);
      line.resize(end);
      co_return line;
    }
    const runtime::Bytes bytes = co_await stream_.read_some();
    if (bytes.empty()) break;
    line += bytes;
  }
  if (line.empty()) co_return std::nullopt;
  co_return line;
}
