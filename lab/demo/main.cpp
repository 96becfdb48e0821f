// How do the chapters compare? Each one's client runs against its own server, one chapter after
// another, and a table shows what that cost the server.
//
//   build/lab/demo          a few seconds: ten clients at once, 0.3 s between start and end

#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/cli.hpp"
#include "lab/support/chapter_rows.hpp"
#include "lab/support/chapters.hpp"
#include "lab/support/measure.hpp"

namespace {

using common::Duration;
using std::filesystem::path;

/// What to notice. A chapter that is not listed takes part without a note.
const std::map<std::string, std::string> kNotes = {
    {"01_blocking", "one at a time: the delays add up"},
    {"02_threads", "all at once, a thread for each"},
    {"03_nonblocking_busy", "one thread that never rests: see the CPU"},
    {"04_poll", "one thread, asleep until something comes"},
    {"05_epoll_level", "the same; the kernel keeps the list"},
    {"06_epoll_edge", "the same; each change is told once"},
    {"07_futures_tasks", "the same, in code that reads like 02's"},
};

using Row = lab::ChapterRow<lab::Cost>;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

lab::Cost run(const path& chapter, const lab::Workload& workload, lab::ProgressLine& progress) {
  return measure(chapter, workload,
                 [&](Duration elapsed, const auto&, pid_t) { progress.show(elapsed); });
}

std::string note(const std::string& chapter) {
  const auto found = kNotes.find(chapter);
  return found == kNotes.end() ? "" : found->second;
}

void print_heading(const lab::Workload& workload) {
  std::printf(
      "%llu clients at once, %gs from start to end; CPU, threads, switches: the server's\n\n",
      static_cast<unsigned long long>(workload.clients), seconds(workload.delay));
  std::printf("%-19s %9s %9s %8s %9s  %s\n", "chapter", "wall", "CPU", "threads", "switches",
              "what to notice");
}

void print_figures(const Row& row) {
  std::printf(" %8.3fs %8.3fs %8zu %9llu  %s", seconds(row.figures->wall),
              seconds(row.figures->cpu), row.figures->threads,
              static_cast<unsigned long long>(row.figures->switches), note(row.chapter).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  lab::Workload workload;
  common::CommandLine cli(
      "Runs each chapter's client against its own server, one chapter after another, and shows\n"
      "what that cost the server: CPU time, threads at their peak, context switches.",
      "build/lab/demo --clients 50 --delay 100ms");
  cli.add_clients(workload.clients);
  cli.add_delay(workload.delay);
  return cli.run(argc, argv, [&] {
    const auto rows = lab::measure_rows(
        lab::built_chapters({"server", "client"}),
        [&](const path& chapter, auto& progress) { return run(chapter, workload, progress); });
    print_heading(workload);
    return lab::print_rows(rows, 19, print_figures);
  });
}
