// One answer to the exercise.

#include "lines.hpp"

#include <cstddef>

runtime::Async<std::optional<std::string>> Lines::next() {
  // Whatever lives in this coroutine dies with it. So at each co_await all bytes are in `pending_`.
  for (;;) {
    const std::size_t end = pending_.find('\n');
    if (end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      co_return line;
    }
    const runtime::Bytes bytes = co_await stream_.read_some();
    if (bytes.empty()) break;
    pending_ += bytes;
  }
  if (pending_.empty()) co_return std::nullopt;
  co_return std::exchange(pending_, {});
}
