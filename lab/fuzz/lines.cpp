// Does a client print what it has received, in whole lines, whatever the pieces were?

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/lines.hpp"
#include "input.hpp"

namespace {

constexpr std::size_t kLongestLine = 64 * 1024;

std::string printed;

/// What should be printed: each line as it is, but one that is too long is ended.
class Expected {
 public:
  void add(std::string_view bytes) {
    text_ += bytes;
    unfinished_ = text_.size() - (text_.rfind('\n') + 1);  // npos + 1 is 0
    if (unfinished_ >= kLongestLine) add("\n");
  }

  /// The lines that are whole.
  [[nodiscard]] std::string_view whole() const {
    return std::string_view(text_).substr(0, text_.size() - unfinished_);
  }

  void finish() {
    if (unfinished_ != 0) add("\n");
  }

  /// The last line, without its feed.
  [[nodiscard]] std::string last() const {
    if (text_.size() < 2) return {};
    const std::size_t begin = text_.rfind('\n', text_.size() - 2) + 1;  // npos + 1 is 0
    return text_.substr(begin, text_.size() - begin - 1);
  }

 private:
  std::string text_;
  std::size_t unfinished_ = 0;
};

}  // namespace

// NOLINTBEGIN(*-reserved-identifier,*-identifier-naming): the linker's names, see wrap.cpp.
extern "C" ssize_t __real_write(int fd, const void* bytes, std::size_t size);
extern "C" ssize_t __wrap_write(int fd, const void* bytes, std::size_t size) {
  if (fd != STDOUT_FILENO) return __real_write(fd, bytes, size);
  printed.append(static_cast<const char*>(bytes), size);
  fuzz::require(printed.ends_with('\n'), "a part of a line was printed");
  return static_cast<ssize_t>(size);
}
// NOLINTEND(*-reserved-identifier,*-identifier-naming)

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input input(bytes, size);
  printed.clear();
  common::LinePrinter printer("a server");
  Expected expected;
  while (!input.empty()) {
    // Long lines are worth a byte, too.
    const std::uint8_t kind = input.byte();
    const std::string piece = kind % 16 == 0 ? std::string(kind * 256u, 'x') : input.text();
    printer.print(piece);
    expected.add(piece);
    fuzz::require(printed == expected.whole(), "something else was printed, or not yet");
  }
  expected.finish();
  const std::string last = expected.last();
  bool ends_well = true;
  try {
    printer.finish();
  } catch (const std::runtime_error& error) {
    ends_well = false;
    const std::string quoted = last.empty() ? "nothing" : '"' + last + '"';
    const std::string end = ("it sent " + quoted + " last").c_str();  // what() ends at a zero
    fuzz::require(std::string(error.what()).ends_with(end), "wrong about the last line");
  }
  fuzz::require(printed == expected.whole(), "something else was printed at the end");
  fuzz::require(ends_well == last.starts_with("end "), "wrong about the end line");
  return 0;
}
