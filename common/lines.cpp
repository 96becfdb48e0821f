#include "common/lines.hpp"

#include <unistd.h>

#include <cstddef>
#include <mutex>
#include <stdexcept>

#include "common/io.hpp"

namespace common {
namespace {

constexpr std::size_t kLongestLine = 64 * 1024;

/// Prints in one piece: one write of many bytes may be cut in two, and another thread's come first.
void print_together(std::string_view text) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  write_all(STDOUT_FILENO, text);
}

}  // namespace

void LinePrinter::print(std::string_view bytes) {
  pending_ += bytes;
  const std::size_t last_feed = pending_.rfind('\n');
  if (last_feed != std::string::npos) print_whole(last_feed + 1);
  if (pending_.size() >= kLongestLine) {
    pending_ += '\n';
    print_whole(pending_.size());
  }
}

void LinePrinter::finish() {
  if (!pending_.empty()) print("\n");
  if (last_line_.starts_with("end ")) return;
  const std::string last = last_line_.empty() ? "nothing" : '"' + last_line_ + '"';
  throw std::runtime_error("the connection to " + peer_ + " ended before its end line; it sent " +
                           last + " last");
}

void LinePrinter::print_whole(std::size_t size) {
  const std::string_view lines(pending_.data(), size);
  print_together(lines);
  const std::size_t before = lines.substr(0, size - 1).rfind('\n');
  last_line_ = lines.substr(before + 1, size - before - 2);  // npos + 1 is 0
  pending_.erase(0, size);
}

}  // namespace common
