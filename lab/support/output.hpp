// How does a tool talk to whoever has started it, while they wait?
#pragma once

#include <unistd.h>

#include <cstdio>
#include <string>

#include "common/clock.hpp"
#include "common/report.hpp"

namespace lab {

/// Says on standard error what runs: on a terminal with the time so far, and wiped away at the end;
/// elsewhere in one plain line.
class ProgressLine {
 public:
  explicit ProgressLine(const std::string& what) : what_(what) {
    if (!terminal_) common::print_line(what_ + " ...");
    show(common::Duration::zero());
  }
  ~ProgressLine() {
    if (terminal_) std::fputs("\r\033[K", stderr);
  }
  ProgressLine(ProgressLine&&) = delete;

  void show(common::Duration elapsed) {
    if (!terminal_ || elapsed < next_) return;
    const double seconds = std::chrono::duration<double>(elapsed).count();
    std::fprintf(stderr, "\r%s ... %.1fs", what_.c_str(), seconds);
    next_ = elapsed + std::chrono::milliseconds(100);
  }

 private:
  const std::string what_;
  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  common::Duration next_{};
};

}  // namespace lab
