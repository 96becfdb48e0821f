#include "check.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstring>
#include <exception>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include "lab/support/call_trace.hpp"
#include "lab/support/program.hpp"
#include "lab/support/ring.hpp"
#include "lab/support/temporary_directory.hpp"
#include "links.hpp"
#include "quotes.hpp"

namespace check_text {
namespace {

/// Why a block that needs `program` cannot be run here; nothing if it can.
std::string why_not(const std::string& program, const std::filesystem::path& build) {
  if (program == "gdb") return lab::why_no_gdb();
  if (program == "io_uring") {
    const bool is_built = exists(build / "07_futures_tasks" / "echo_server_uring");
    return is_built ? lab::why_no_ring() : "built without liburing (package liburing-dev)";
  }
  if (program == "unshare") {  // which may be there, and not allowed to
    const bool may = lab::run({"unshare", "-rn", "ip", "link", "set", "lo", "up"}).status == 0;
    return may ? std::string() : "a network of one's own may not be made here, or ip is not there";
  }
  const bool found = lab::run({"sh", "-c", "command -v \"$0\"", program}).status == 0;
  return found ? std::string() : program + " is not installed";
}

/// Goes through a document's blocks, and changes terminals where the heading changes.
class Checker {
 public:
  explicit Checker(const Settings& settings) : settings_(settings) {}

  void check(const Block& block) {
    ++report_.blocks;
    if (block.section != section_number_) check_section();
    section_number_ = block.section;
    try {
      check_kind(block);
    } catch (const std::exception& error) {
      report_.failures.push_back({block.line, error.what()});
    }
  }

  Report end() {
    check_section();
    return std::move(report_);
  }

 private:
  void check_kind(const Block& block) {
    const bool sketch = block.kind == "cpp" && block.words == Lines{"sketch"};
    if (sketch || (block.kind == "text" && block.words.empty())) {
      ++report_.free;
    } else if (block.kind == "console") {
      check_console(block);
    } else if (block.kind == "diff") {
      check_diff(block, settings_.root);
    } else if (!block.words.empty()) {
      check_quotation(block, settings_.root);
    } else {
      throw Wrong("a block of the kind \"" + block.kind + "\" must name the file that it is from");
    }
  }

  void check_console(const Block& block) {
    const auto reason = block.attribute("skip");
    if (reason && reason->empty()) throw Wrong("skip= needs a reason");
    if (reason) {
      ++report_.skipped;
      return;
    }
    if (const auto program = block.attribute("needs")) {
      const std::string lack = why_not(*program, settings_.build);
      if (!lack.empty()) {
        report_.needed.push_back("line " + std::to_string(block.line) + ": " + lack);
        return;
      }
    }
    section_.push_back(block);
  }

  /// Runs the terminals' blocks since the last heading. On a busy machine ten clients may not all
  /// have come before the first one's time is over: so it is tried again with more time.
  void check_section() {
    constexpr int kAttempts = 3;
    Settings settings = settings_;
    for (int attempt = 1; !section_.empty(); ++attempt, settings.delay *= 5) {
      Report report = run_section(settings);
      if (!report.failures.empty() && attempt < kAttempts) continue;
      report_.untraced += report.untraced;
      report_.failures.insert(report_.failures.end(), report.failures.begin(),
                              report.failures.end());
      section_.clear();
    }
  }

  Report run_section(const Settings& settings) {
    Report report;
    untraced_ = false;
    Section section(settings);
    for (const Block& block : section_) {
      try {
        section.run(block);
      } catch (const std::exception& error) {
        if (lacks_strace(error.what())) {
          ++report.untraced;
        } else {
          report.failures.push_back({block.line, error.what()});
        }
      }
    }
    const auto failures = section.finish();
    report.failures.insert(report.failures.end(), failures.begin(), failures.end());
    return report;
  }

  /// `error` shows a command and its output.
  bool lacks_strace(const std::string& error) {
    const auto shows = [&](const char* word) { return error.find(word) != std::string::npos; };
    if (!untraced_ && !shows("trace") && !shows("lab/budgets") && !shows("lab/matrix"))
      return false;
    if (!asked_) report_.why_no_strace = lab::why_no_strace();
    asked_ = true;
    untraced_ = !report_.why_no_strace.empty();
    return untraced_;
  }

  const Settings& settings_;
  Report report_;
  std::size_t section_number_ = 0;
  std::vector<Block> section_;  // its console blocks so far
  bool asked_ = false;          // why there is no strace
  bool untraced_ = false;       // a block of this section is
};

/// From the line of the heading `## chapter…` to the next such heading; all of them if `chapter` is
/// empty. Throws std::runtime_error where there is none.
std::pair<std::size_t, std::size_t> lines_of(const std::string& chapter, const Document& document) {
  constexpr std::size_t kEnd = std::numeric_limits<std::size_t>::max();
  if (chapter.empty()) return {0, kEnd};
  std::size_t begin = 0;
  for (const Heading& heading : document.headings) {
    if (heading.level != 2) continue;
    if (begin != 0) return {begin, heading.line};
    if (heading.text.starts_with(chapter)) begin = heading.line;
  }
  if (begin == 0) throw std::runtime_error("no chapter begins with \"" + chapter + '"');
  return {begin, kEnd};
}

/// Where temporary files are, if no shell stumbles over its name; /tmp otherwise.
std::filesystem::path plain_directory() {
  const std::filesystem::path usual = std::filesystem::temp_directory_path();
  const auto plain = [](unsigned char letter) {
    return std::isalnum(letter) != 0 || std::strchr("/._-+", letter) != nullptr;
  };
  const std::string name = usual;
  return std::all_of(name.begin(), name.end(), plain) ? usual : "/tmp";
}

}  // namespace

Report check_document(const std::filesystem::path& path, Settings settings,
                      const std::string& chapter) {
  const Document document = parse(read_lines(path, path));
  const auto [begin, end] = lines_of(chapter, document);
  const lab::TemporaryDirectory scratch(plain_directory());
  settings.scratch = scratch.path();
  // The shell sees no blank of the build directory's name, wherever in a command that stands.
  const lab::TemporaryDirectory links(plain_directory());
  create_directory_symlink(settings.build, links / "build");
  settings.build = links / "build";
  Checker checker(settings);
  for (const Block& block : document.blocks) {
    if (block.line >= begin && block.line < end) checker.check(block);
  }
  Report report = checker.end();
  for (const auto& more : {document.failures, check_links(document, path)}) {
    report.failures.insert(report.failures.end(), more.begin(), more.end());
  }
  std::sort(report.failures.begin(), report.failures.end(), [](const Failure& a, const Failure& b) {
    return std::tie(a.line, a.text) < std::tie(b.line, b.text);
  });
  return report;
}

}  // namespace check_text
