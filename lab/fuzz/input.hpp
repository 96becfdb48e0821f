// What does a fuzz target get? Bytes, out of which it makes decisions, until there are none left.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace fuzz {

/// Says what is wrong and ends the program: libFuzzer then keeps the input.
[[noreturn]] inline void fail(const std::string& what) {
  // Past stdio, which is not the real one in some targets.
  ::dprintf(STDERR_FILENO, "wrong: %s\n", what.c_str());
  std::abort();
}

inline void require(bool right, const char* what) {
  if (!right) fail(what);
}

/// The bytes, taken from the front.
class Input {
 public:
  Input(const std::uint8_t* bytes, std::size_t size) : rest_(bytes, size) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }

  /// The next byte; 0 when none is left.
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    return byte;
  }

  /// A text of at most `most` bytes; a byte says how long it is.
  std::string text(std::size_t most = 255) {
    const std::size_t size = std::min({std::size_t{byte()}, most, rest_.size()});
    const auto bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return {bytes.begin(), bytes.end()};
  }

 private:
  std::span<const std::uint8_t> rest_;
};

}  // namespace fuzz

/// What each target defines, and libFuzzer, or replay.cpp, calls: see libFuzzer's documentation.
extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming)
    const std::uint8_t* bytes, std::size_t size);
