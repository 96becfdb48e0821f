// What breaks whom? Every chapter's servers against everything that can happen to a server.
//
//   build/lab/matrix                                   all of it: about two minutes
//   build/lab/matrix --chapter 04 --trouble reset      one cell
//   build/lab/matrix --trouble EINTR --details         and what was tried in it
//
// Nothing is judged by how fast it is: see activity.hpp. So a second run says the same.

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <utility>
#include <vector>

#include "common/cli.hpp"
#include "common/process.hpp"
#include "common/report.hpp"
#include "lab/support/at_once.hpp"
#include "lab/support/call_trace.hpp"
#include "lab/support/chapter_rows.hpp"
#include "lab/support/chapters.hpp"
#include "lab/support/ring.hpp"
#include "troubles.hpp"

namespace {

using matrix::Cell;
using matrix::Column;
using matrix::Scene;
using matrix::Trouble;

constexpr std::size_t kAtOnce = 4;

struct Options {
  std::string chapter;
  std::string trouble;
  std::string with;
  bool markdown = false;
  bool details = false;
};

using Cells = std::vector<std::optional<Cell>>;
using Measured = lab::ChapterRow<Cells>;

/// Chapter 01's first program, which has one server and catches nothing.
Column four_calls(const std::filesystem::path& chapter) {
  return {.name = "four_calls",
          .directory = chapter / "with_flags",
          .flags = {},
          .server = "four_calls",
          .catches_sigterm = false};
}

/// A column for each chapter; chapter 01's first program has one of its own, and chapter 07 has one
/// without workers, one with two, and one on a ring, where rings can be made.
std::vector<Column> columns(const Options& options) {
  std::vector<Column> columns;
  for (const auto& directory : lab::built_chapters({"server", "echo_server"})) {
    const std::string number = directory.filename().string().substr(0, 2);
    const Column first = four_calls(directory);
    if (exists(first.file("server"))) columns.push_back(first);
    const Scene::Flags one_thread = lab::flags_for_one_thread(directory);
    columns.push_back({number, directory, one_thread});
    if (one_thread.empty()) continue;
    columns.push_back({number + "w2", directory, {"--workers", "2"}});
    if (!lab::why_no_ring().empty()) continue;
    columns.push_back({number + "ring", directory, {"--workers", "0", "--driver", "io_uring"}});
  }
  std::erase_if(columns, [&](const Column& column) {
    return !options.chapter.empty() && column.name != options.chapter;
  });
  for (Column& column : columns) {
    if (!options.with.empty()) column.flags.push_back(options.with);
  }
  if (columns.empty()) throw common::WrongUsage("no chapter is called " + options.chapter);
  return columns;
}

std::string names_of(const std::vector<Trouble>& troubles) {
  std::string names;
  for (const Trouble& trouble : troubles) names += " " + trouble.name;
  return names;
}

std::vector<Trouble> troubles(const Options& options) {
  const std::vector<Trouble> all = matrix::all_troubles();
  std::vector<Trouble> chosen;
  std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), [&](const Trouble& trouble) {
    return options.trouble.empty() || trouble.name == options.trouble;
  });
  if (chosen.empty()) {
    throw common::WrongUsage("no trouble is called " + options.trouble + "; there are" +
                             names_of(all));
  }
  return chosen;
}

/// What `--trouble '?'` prints. (The quotes are for the shell, which makes a file's name of a "?".)
int print_names() {
  for (const Trouble& trouble : matrix::all_troubles()) {
    std::printf("%-20s  %s\n", trouble.name.c_str(), trouble.what.c_str());
  }
  return 0;
}

/// Each trouble has a server of its own, and mostly it waits: several at once take no longer.
Cells measure(const Column& column, const std::vector<Trouble>& troubles,
              lab::ProgressLine& progress) {
  Cells cells(troubles.size());
  common::Failures failures;
  lab::for_each_at_once(troubles.size(), kAtOnce, progress, [&](std::size_t row) {
    failures.collect([&] { cells[row] = troubles[row].measure(column); });
  });
  if (failures.exit_status() != 0) throw std::runtime_error("not all of it could be measured");
  return cells;
}

std::string text_of(const Measured& column, std::size_t row) {
  if (!column.figures) return "failed";
  const std::optional<Cell>& cell = column.figures->at(row);
  return cell ? matrix::word_for(cell->outcome) : "-";
}

void print_line(const Options& options, const std::string& first,
                const std::vector<std::string>& others) {
  std::printf(options.markdown ? "| %s |" : "%-46s", first.c_str());
  for (const std::string& word : others) {
    std::printf(options.markdown ? " %s |" : "  %-13s", word.c_str());
  }
  std::printf("\n");
}

void print_details(const std::vector<Measured>& measured, std::size_t row) {
  for (const Measured& column : measured) {
    if (!column.figures || !column.figures->at(row)) continue;
    for (const std::string& line : column.figures->at(row)->details) {
      std::printf("  %s: %s\n", column.chapter.c_str(), line.c_str());
    }
  }
}

using Words = std::vector<std::string>;

Words words_of(const std::vector<Measured>& measured, std::size_t row, bool markdown) {
  Words words;
  for (const Measured& column : measured) {
    std::string word = text_of(column, row);
    const bool stands_out = word == matrix::word_for(matrix::Outcome::stalls);
    words.push_back(markdown && stands_out ? "**" + word + "**" : word);
  }
  return words;
}

void print_table(const Options& options, const std::vector<Trouble>& troubles,
                 const std::vector<Measured>& measured) {
  Words head;
  for (const Measured& column : measured) head.push_back(column.chapter);
  print_line(options, "trouble", head);
  for (std::size_t row = 0; row < troubles.size(); ++row) {
    print_line(options, troubles[row].what, words_of(measured, row, false));
    if (options.details) print_details(measured, row);
  }
}

/// Rows that are alike are one: in the text, what differs is to be seen.
void print_markdown(const Options& options, const std::vector<Trouble>& troubles,
                    const std::vector<Measured>& measured) {
  std::vector<std::pair<Words, std::string>> lines;  // and the troubles' names
  for (std::size_t row = 0; row < troubles.size(); ++row) {
    const Words words = words_of(measured, row, true);
    const auto alike = std::find_if(lines.begin(), lines.end(),
                                    [&](const auto& line) { return line.first == words; });
    if (alike == lines.end()) {
      lines.emplace_back(words, troubles[row].what);
    } else {
      alike->second += "<br/>" + troubles[row].what;
    }
  }
  Words head;
  for (const Measured& column : measured) head.push_back(column.chapter);
  print_line(options, "trouble", head);
  print_line(options, "---", Words(head.size(), "---"));
  for (const auto& [words, names] : lines) print_line(options, names, words);
  for (std::size_t row = 0; options.details && row < troubles.size(); ++row) {
    print_details(measured, row);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  common::CommandLine cli(
      "Makes every trouble for every chapter's servers, and says what came of it: a server "
      "survives,\n"
      "stalls others, spins, dies, or does something wrong.",
      "build/lab/matrix --chapter 04 --trouble reset");
  cli.add_text("--chapter", "this column alone: 04, 07w2 for two workers, 07ring, or four_calls",
               options.chapter);
  cli.add_text("--trouble", "this row alone, such as reset; '?' lists them", options.trouble);
  cli.add_text("--with", "a flag for the servers: --with=--keep-sigpipe breaks 01", options.with);
  cli.add_flag("--details", "say what was tried, or what went wrong", options.details);
  cli.add_flag("--markdown", "print the table as it stands in TUTORIAL.md", options.markdown);
  return cli.run(argc, argv, [&] {
    if (options.trouble == "?") return print_names();
    const std::vector<Trouble> rows = troubles(options);
    const std::vector<Column> chapters = columns(options);
    lab::require_strace();
    common::raise_file_limit();
    const auto measured = lab::measure_rows(
        chapters, &Column::name,
        [&](const Column& column, auto& progress) { return measure(column, rows, progress); });
    (options.markdown ? print_markdown : print_table)(options, rows, measured);
    return lab::print_errors(measured);
  });
}
