// The tutorial checker: is every block of a document still true?
//
// A block of code is looked up in the file that it names, a diff is made again, a terminal session
// is run again. A changed source line that a document quotes makes this fail.
//
//   build/lab/check_text TUTORIAL.md                 says what fails, with its line
//   build/lab/check_text TUTORIAL.md --chapter 04

#include <sys/resource.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "check.hpp"
#include "common/cli.hpp"

namespace {

void print(const std::string& document, const check_text::Report& report) {
  for (const check_text::Failure& failure : report.failures) {
    std::printf("%s:%zu: %s\n", document.c_str(), failure.line, failure.text.c_str());
  }
  for (const std::string& lack : report.needed) {
    std::printf("%s: not checked: %s\n", document.c_str(), lack.c_str());
  }
  if (report.untraced != 0) {
    std::printf("%s: %zu blocks not checked: %s\n", document.c_str(), report.untraced,
                report.why_no_strace.c_str());
  }
  constexpr rlim_t kFiles = 3000;  // that the text's programs may have open
  rlimit limit{};
  if (!report.failures.empty() && ::getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
      limit.rlim_max < kFiles) {
    std::printf("%s: here only %s open files are allowed, and some programs need %s\n",
                document.c_str(), std::to_string(limit.rlim_max).c_str(),
                std::to_string(kFiles).c_str());
  }
  std::printf("%s: %zu blocks, %zu of them skipped, %zu free; %zu failures\n", document.c_str(),
              report.blocks, report.skipped, report.free, report.failures.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::string document;
  std::string root = ".";
  std::string build = "build";
  std::string chapter;
  common::CommandLine cli("Checks every code block, diff, terminal session and link of a document.",
                          "build/lab/check_text README.md");
  cli.add_text("document", "a Markdown file", document);
  cli.add_text("--root", "directory that paths in the document are relative to", root);
  cli.add_text("--build", "what build/ stands for in the document's commands", build);
  cli.add_text("--chapter", "only the chapter whose heading begins so: 04, or Proof", chapter);
  return cli.run(argc, argv, [&] {
    check_text::Settings settings;
    settings.root = std::filesystem::absolute(root).lexically_normal();
    settings.build = std::filesystem::absolute(build).lexically_normal();
    const check_text::Report report = check_text::check_document(document, settings, chapter);
    print(document, report);
    return report.failures.empty() ? 0 : 1;
  });
}
