// Do the servers stay as they are, however long clients come and go? All sorts of clients visit
// each of them: for ten minutes, or as long as you say.
//
//   build/lab/soak                      all servers, one after another: hours
//   build/lab/soak --at-once 24         all of them at the same time: ten minutes
//   build/lab/soak --chapter 04_poll --seconds 10

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "common/cli.hpp"
#include "common/error.hpp"
#include "lab/support/chapter_rows.hpp"
#include "lab/support/chapters.hpp"
#include "soak.hpp"

namespace {

using common::Clock;
using soak::Figures;
using soak::Workload;
using std::filesystem::path;

using Row = lab::ChapterRow<Figures>;

const std::map<std::string, Workload> kPrograms = {
    {"server", Workload::start_end},           {"echo_server", Workload::echo},
    {"udp_echo", Workload::datagrams},         {"udp_echo_select", Workload::datagrams},
    {"udp_echo_poller", Workload::datagrams},  {"udp_echo_mpsc", Workload::datagrams},
    {"broadcast_server", Workload::broadcast},
};

struct Subject {
  path program;
  Workload workload;
};

/// What to soak: nothing said is all.
struct Choice {
  std::string chapter;
  std::string program;
};

std::vector<Subject> subjects(const Choice& choice) {
  std::vector<Subject> subjects;
  for (const path& chapter : lab::built_chapters({})) {
    if (!chapter.filename().string().starts_with(choice.chapter)) continue;
    for (const auto& [name, workload] : kPrograms) {
      if (!choice.program.empty() && name != choice.program) continue;
      if (exists(chapter / name)) subjects.push_back({chapter / name, workload});
    }
  }
  if (subjects.empty()) throw std::runtime_error("no such server is built");
  return subjects;
}

Row run_one(const Subject& subject, const soak::Settings& settings) {
  const path chapter = subject.program.parent_path().filename();
  Row row{chapter / subject.program.filename(), {}, {}};
  try {
    row.figures = soak::soak(subject.program, subject.workload, settings);
  } catch (const std::exception& error) {
    row.error = error.what();
  }
  return row;
}

/// Each of `at_once` threads takes one subject after another.
std::vector<Row> run_all(const std::vector<Subject>& subjects, const soak::Settings& settings,
                         std::uint64_t at_once) {
  std::vector<Row> rows(subjects.size());
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> done = 0;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < subjects.size(); ++done) {
      rows[i] = run_one(subjects[i], settings);
    }
  };
  lab::ProgressLine progress("soaking " + std::to_string(subjects.size()) + " servers");
  const auto start = Clock::now();
  std::vector<std::jthread> threads;
  while (threads.size() < std::min<std::size_t>(at_once, subjects.size())) {
    threads.emplace_back(work);
  }
  while (done < subjects.size()) {
    progress.show(Clock::now() - start);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return rows;
}

double mebibytes(std::size_t bytes) {
  return static_cast<double>(bytes) / (1024 * 1024);
}

void print_row(const Row& row) {
  if (!row.figures) {
    std::printf("%-33s   failed: the reason is below\n", row.chapter.c_str());
    return;
  }
  const Figures& figures = *row.figures;
  std::printf("%-33s %7llu %6zu %6zu %6zu %8zu %9.1f %9.1f %8.1f\n", row.chapter.c_str(),
              static_cast<unsigned long long>(figures.visits), figures.files, figures.files_peak,
              figures.threads, figures.threads_peak, mebibytes(figures.resident_first),
              mebibytes(figures.resident_second),
              std::chrono::duration<double>(figures.cpu).count());
}

void print_table(const std::vector<Row>& rows, const soak::Settings& settings) {
  std::printf("%.0f s for each server, %llu visitors at once, seed %llu\n\n",
              std::chrono::duration<double>(settings.duration).count(),
              static_cast<unsigned long long>(settings.visitors),
              static_cast<unsigned long long>(settings.seed));
  std::printf("%-33s %7s %13s %15s %19s %8s\n", "", "", "descriptors", "threads", "memory's peak",
              "CPU");
  std::printf("%-33s %7s %6s %6s %6s %8s %9s %9s %8s\n", "server", "visits", "rest", "peak", "rest",
              "peak", "1st half", "2nd half", "");
  for (const Row& row : rows) print_row(row);
  if (std::fflush(stdout) != 0) common::throw_error(errno, "write the table");
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
  return cli.run(argc, argv, [&] {
    settings.duration = std::chrono::seconds(seconds != 0 ? seconds : minutes * 60);
    settings.margin = margin * 1024;
    const std::vector<Row> rows = run_all(subjects(choice), settings, at_once);
    print_table(rows, settings);
    return lab::print_errors(rows);
  });
}
