// Do the servers stay as they are, however long clients come and go? All sorts of clients visit
// each of them: for ten minutes, or as long as you say.
//
//   build/lab/soak                      all servers, one after another: hours
//   build/lab/soak --at-once 24         all of them at the same time: ten minutes
//   build/lab/soak --chapter 04_poll --seconds 10

#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "common/cli.hpp"
#include "lab/support/at_once.hpp"
#include "lab/support/chapter_rows.hpp"
#include "lab/support/chapters.hpp"
#include "soak.hpp"

namespace {

using soak::Figures;
using std::filesystem::path;

using Row = lab::ChapterRow<Figures>;

struct Subject {
  path program;
  lab::Protocol protocol;
};

/// What to soak: nothing said is all.
struct Choice {
  std::string chapter;
  std::string program;
  std::string echo_server;
};

std::vector<Subject> subjects(const Choice& choice) {
  if (!choice.echo_server.empty())
    return {{std::filesystem::absolute(choice.echo_server), lab::kProtocols.at("echo_server")}};
  std::vector<Subject> subjects;
  for (const path& chapter : lab::built_chapters({})) {
    if (!chapter.filename().string().starts_with(choice.chapter)) continue;
    for (const auto& [name, protocol] : lab::kProtocols) {
      if (!choice.program.empty() && name != choice.program) continue;
      if (exists(chapter / name)) subjects.push_back({chapter / name, protocol});
    }
  }
  if (subjects.empty()) throw std::runtime_error("no such server is built");
  return subjects;
}

Row soak_one(const Subject& subject, const soak::Settings& settings) {
  const path chapter = subject.program.parent_path().filename();
  return lab::row_of(chapter / subject.program.filename(),
                     [&] { return soak::soak(subject.program, subject.protocol, settings); });
}

std::vector<Row> soak_all(const std::vector<Subject>& subjects, const soak::Settings& settings,
                          std::uint64_t at_once) {
  std::vector<Row> rows(subjects.size());
  lab::ProgressLine progress("soaking " + std::to_string(subjects.size()) + " servers");
  lab::for_each_at_once(subjects.size(), at_once, progress,
                        [&](std::size_t i) { rows[i] = soak_one(subjects[i], settings); });
  return rows;
}

double mebibytes(std::size_t bytes) {
  return static_cast<double>(bytes) / (1024 * 1024);
}

void print_figures(const Row& row) {
  const Figures& figures = *row.figures;
  std::printf(" %7llu %6zu %6zu %6zu %8zu %9.1f %9.1f %8.1f",
              static_cast<unsigned long long>(figures.visits), figures.files, figures.files_peak,
              figures.threads, figures.threads_peak, mebibytes(figures.resident_first),
              mebibytes(figures.resident_second),
              std::chrono::duration<double>(figures.cpu).count());
}

void print_heading(const soak::Settings& settings) {
  std::printf("%.0f s for each server, %llu visitors at once, seed %llu\n\n",
              std::chrono::duration<double>(settings.duration).count(),
              static_cast<unsigned long long>(settings.visitors),
              static_cast<unsigned long long>(settings.seed));
  std::printf("%-33s %7s %13s %15s %19s %8s\n", "", "", "descriptors", "threads", "memory's peak",
              "CPU");
  std::printf("%-33s %7s %6s %6s %6s %8s %9s %9s %8s\n", "server", "visits", "rest", "peak", "rest",
              "peak", "1st half", "2nd half", "");
}

}  // namespace

int main(int argc, char** argv) {
  soak::Settings settings;
  settings.seed = std::random_device()() % 1'000'000 + 1;
  Choice choice;
  std::uint64_t minutes = 10;
  std::uint64_t seconds = 0;
  std::uint64_t at_once = 1;
  std::uint64_t margin = settings.margin / 1024;
  common::CommandLine cli(
      "Has clients of all sorts visit each server, and watches its descriptors, threads and\n"
      "memory: none may grow, and no byte may be wrong.",
      "build/lab/soak --chapter 04_poll --seconds 10");
  cli.add_count("--minutes", "how long each server is visited", minutes);
  cli.add_count("--seconds", "the same in seconds, instead", seconds);
  cli.add_count("--at-once", "servers at the same time", at_once);
  cli.add_count("--visitors", "clients of one server at the same time", settings.visitors);
  cli.add_count("--margin", "KiB by which memory may grow", margin);
  cli.add_count("--seed", "decides who comes when; drawn by lot if not given", settings.seed);
  cli.add_delay(settings.rest, "longest rest of a visitor between two visits");
  cli.add_delay(settings.grace, "time to close what all clients have left", "--grace");
  cli.add_text("--chapter", "only this chapter's servers: 04_poll, or 04", choice.chapter);
  cli.add_text("--program", "only servers of this name", choice.program);
  cli.add_text("--echo-server", "this program instead, which sends back what it gets",
               choice.echo_server, "FILE");
  return cli.run(argc, argv, [&] {
    settings.duration = std::chrono::seconds(seconds != 0 ? seconds : minutes * 60);
    settings.margin = margin * 1024;
    const std::vector<Row> rows = soak_all(subjects(choice), settings, at_once);
    print_heading(settings);
    return lab::print_rows(rows, 33, print_figures);
  });
}
