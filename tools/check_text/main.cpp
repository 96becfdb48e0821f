// The tutorial checker: is every block of a document still true?
//
// A block of code is looked up in the file that it names, a diff is made again, a terminal session
// is run again. A changed source line that a document quotes makes this fail.
//
//   build/tools/check_text TUTORIAL.md        says what fails, with its line

#include <CLI/CLI.hpp>
#include <cstdio>

#include "check.hpp"

namespace {

void print(const std::string& document, const check_text::Report& report) {
  for (const check_text::Failure& failure : report.failures) {
    std::printf("%s:%zu: %s\n", document.c_str(), failure.line, failure.text.c_str());
  }
  std::printf("%s: %zu blocks, %zu of them skipped, %zu free; %zu failures\n", document.c_str(),
              report.blocks, report.skipped, report.free, report.failures.size());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Checks every code block, diff, terminal session and link of a document.");
  std::string document;
  std::string root = ".";
  std::string build;
  app.add_option("document", document, "a Markdown file")->required();
  app.add_option("--root", root, "directory that paths in the document are relative to")
      ->capture_default_str();
  app.add_option("--build", build, "build directory of the programs [ROOT/build]");
  CLI11_PARSE(app, argc, argv);
  try {
    check_text::Settings settings;
    settings.root = std::filesystem::absolute(root).lexically_normal();
    settings.build = build.empty() ? settings.root / "build" : std::filesystem::absolute(build);
    const check_text::Report report = check_text::check_document(document, settings);
    print(document, report);
    return report.failures.empty() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
