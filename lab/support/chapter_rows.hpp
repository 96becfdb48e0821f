// What do the tables of all chapters have in common? A row each, measured one after the other while
// somebody waits. One that fails costs its own row and no other, and says why below the table.
#pragma once

#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lab/support/output.hpp"

namespace lab {

/// One line of the table: what was measured, or the reason why nothing was.
template <class Figures>
struct ChapterRow {
  std::string chapter;
  std::optional<Figures> figures;
  std::string error;
};

/// The row of this name: what `measure` returns, or the error that it throws.
template <class Measure, class Figures = std::invoke_result_t<Measure>>
ChapterRow<Figures> row_of(const std::string& name, Measure measure) {
  try {
    return {name, measure(), {}};
  } catch (const std::exception& error) {
    return {name, {}, error.what()};
  }
}

/// A row for each subject, which has a name: what `measure` returns, or the error that it throws.
/// It is given the subject, and the line that says how far it is.
template <class Subject, class Name, class Measure,
          class Figures = std::invoke_result_t<Measure, const Subject&, ProgressLine&>>
std::vector<ChapterRow<Figures>> measure_rows(const std::vector<Subject>& subjects, Name name,
                                              Measure measure) {
  std::vector<ChapterRow<Figures>> rows;
  for (const Subject& subject : subjects) {
    ProgressLine progress(std::invoke(name, subject));
    rows.push_back(row_of(std::invoke(name, subject), [&] { return measure(subject, progress); }));
  }
  return rows;
}

/// The same for chapters: a directory has its name.
template <class Measure>
auto measure_rows(const std::vector<std::filesystem::path>& chapters, Measure measure) {
  const auto name = [](const std::filesystem::path& chapter) { return chapter.filename(); };
  return measure_rows(chapters, name, measure);
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

/// Prints a table's rows below its heading, each with its name in `width` columns, and behind it
/// what `print_figures` prints of a row that has some; then the errors. Returns main's exit status.
template <class Figures, class PrintFigures>
int print_rows(const std::vector<ChapterRow<Figures>>& rows, int width,
               PrintFigures print_figures) {
  for (const ChapterRow<Figures>& row : rows) {
    std::printf("%-*s", width, row.chapter.c_str());
    if (row.figures) {
      print_figures(row);
    } else {
      std::printf("   failed: the reason is below");
    }
    std::printf("\n");
  }
  return print_errors(rows);
}

}  // namespace lab
