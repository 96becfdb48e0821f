// What do the tables of all chapters have in common? A chapter that fails costs its own row and no
// other, and while the rows are made somebody waits.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/report.hpp"

namespace lab {

/// One line of the table: what was measured, or the reason why nothing was.
template <class Figures>
struct ChapterRow {
  std::string chapter;
  std::optional<Figures> figures;
  std::string error;
};

/// Says on standard error which chapter runs: on a terminal with the time so far, and wiped away at
/// the end; elsewhere in one plain line.
class ProgressLine {
 public:
  explicit ProgressLine(const std::string& chapter) : chapter_(chapter) {
    if (!terminal_) common::print_line(chapter_ + " ...");
    show(common::Duration::zero());
  }
  ~ProgressLine() {
    if (terminal_) std::fputs("\r\033[K", stderr);
  }
  ProgressLine(ProgressLine&&) = delete;

  void show(common::Duration elapsed) {
    if (!terminal_ || elapsed < next_) return;
    const double seconds = std::chrono::duration<double>(elapsed).count();
    std::fprintf(stderr, "\r%s ... %.1fs", chapter_.c_str(), seconds);
    next_ = elapsed + std::chrono::milliseconds(100);
  }

 private:
  const std::string chapter_;
  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  common::Duration next_{};
};

/// The row of the chapter in this directory: what `measure` returns, or the error that it throws.
/// It is given the line that says how far it is.
template <class Figures, class Measure>
ChapterRow<Figures> measure_row(const std::filesystem::path& chapter, Measure measure) {
  ChapterRow<Figures> row{chapter.filename(), {}, {}};
  ProgressLine progress(row.chapter);
  try {
    row.figures = measure(progress);
  } catch (const std::exception& error) {
    row.error = error.what();
  }
  return row;
}

/// Prints why rows have no figures. Returns main's exit status: 1 if there was an error to print.
template <class Figures>
int print_errors(const std::vector<ChapterRow<Figures>>& rows) {
  int status = 0;
  for (const ChapterRow<Figures>& row : rows) {
    if (row.figures) continue;
    common::print_line(row.chapter + ": " + row.error);
    status = 1;
  }
  return status;
}

}  // namespace lab
