// What does the runtime of chapter 07 cost, beside others? All figures in one table: what can be
// counted first, then what has to be timed.
//
//   build/lab/runtime_table                          some minutes
//   build/lab/runtime_table --only futex             the figures with this text in their names
//   build/lab/runtime_table --alone --only instr     chapter 07 by itself
//
// What is counted comes out the same whatever else the machine does, and has a limit: the exit
// status is 1 where it is above that. What is timed is the median of several rounds, in which both
// that are compared take turns, on the same core where one is enough for them.
//
// Other libraries take part where they are built: cmake --build build --target lab_peers

#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/cli.hpp"
#include "counts.hpp"
#include "lab/support/chapter_rows.hpp"
#include "lab/support/program.hpp"
#include "machine.hpp"
#include "samples.hpp"
#include "subjects.hpp"

namespace {

using bench::Subject;

constexpr char kOurs[] = "07_futures_tasks";

// What chapter 07 may cost. The tests of lab/budgets hold it to these.
constexpr double kInstructions = 1'250;         // for an echo of one connection
constexpr double kInstructionsOfFifty = 1'050;  // for an echo of fifty that are ready at once
constexpr double kBytes = 330;                  // for an idle connection
constexpr double kBesideJoined = 1.2;           // times the instructions without 10,000 tasks
constexpr double kFutexCalls = 10'000;  // in kEchoes, under strace, which takes seconds for them

constexpr std::uint64_t kEchoes = 20'000;

struct Settings {
  std::string only;
  std::uint64_t rounds = 5;
  bool alone = false;
};

/// What was found: a number, and with what it compares, in words.
struct Found {
  double value;
  std::string beside;
};

struct Figure {
  std::string name;
  std::optional<double> limit;
  std::function<Found()> measure;
};

std::string text_of(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 100 ? "%.2f" : "%.0f", value);
  return text;
}

/// The same of chapter 07's server, and of the others.
Found measure_servers(const Settings& settings,
                      const std::function<double(const Subject&)>& measure) {
  Found found{};
  for (const Subject& subject : bench::built_subjects(settings.alone ? kOurs : "")) {
    // The first three do not serve many with one thread that sleeps.
    if (subject.name < "04") continue;
    const double value = measure(subject);
    if (subject.name == kOurs) {
      found.value = value;
    } else {
      found.beside += (found.beside.empty() ? "" : ", ") + subject.name + " " + text_of(value);
    }
  }
  return found;
}

Figure instructions(const Settings& settings, std::size_t connections, double limit) {
  const std::string name = connections == 1 ? "instructions of an echo"
                                            : "instructions of an echo, " +
                                                  std::to_string(connections) + " ready at once";
  return {name, limit, [=, &settings] {
            bench::require_valgrind();
            return measure_servers(settings, [=](const Subject& subject) {
              return bench::instructions_per_echo(subject, connections);
            });
          }};
}

/// One line of runtime_costs, or of tokio_costs.
struct Cost {
  std::string program;
  std::string figure;
};

/// "wake 43.1 ns"
double run_once(const Cost& cost, const std::vector<std::string>& before) {
  std::vector<std::string> command = before;
  for (const std::string& word :
       {bench::program_beside(cost.program).string(), std::string("--only"), cost.figure})
    command.push_back(word);
  const lab::Result result = lab::run(command);
  std::istringstream words(result.out);
  std::string name;
  double nanoseconds = 0;
  if (result.status != 0 || !(words >> name >> nanoseconds) || name != cost.figure)
    throw std::runtime_error(cost.program + " --only " + cost.figure + ": " + result.err);
  return nanoseconds;
}

/// The first's time by the second's. One of the pair may be slow in a slow minute: so is the other.
Found ratio(const Cost& first, const Cost& second, std::uint64_t rounds,
            const std::vector<std::string>& before) {
  std::vector<double> firsts;
  std::vector<double> seconds;
  std::vector<double> ratios;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    firsts.push_back(run_once(first, before));
    seconds.push_back(run_once(second, before));
    ratios.push_back(firsts.back() / seconds.back());
  }
  return {*bench::median(ratios),
          text_of(*bench::median(firsts)) + " ns by " + text_of(*bench::median(seconds)) + " ns"};
}

std::vector<std::string> on_one_core() {
  const auto cores = bench::two_cores();
  if (!cores) return {};
  return {"taskset", "--cpu-list", std::to_string(cores->server)};
}

void add_counted(std::vector<Figure>& figures, const Settings& settings) {
  figures.push_back(instructions(settings, 1, kInstructions));
  figures.push_back(instructions(settings, 50, kInstructionsOfFifty));
  figures.push_back({"bytes of an idle connection", kBytes,
                     [&] { return measure_servers(settings, bench::bytes_per_connection); }});
  figures.push_back({"instructions beside 10,000 joined tasks, ratio to none", kBesideJoined, [] {
                       bench::require_valgrind();
                       const double beside = bench::instructions_beside(10'000);
                       const double alone = bench::instructions_beside(0);
                       return Found{beside / alone, text_of(beside) + " by " + text_of(alone)};
                     }});
  figures.push_back(
      {"futex calls of two workers in " + std::to_string(kEchoes) + " echoes", kFutexCalls, [] {
         return Found{static_cast<double>(bench::futex_calls(kEchoes)), ""};
       }});
}

void add_timed(std::vector<Figure>& figures, const Settings& settings) {
  const auto add = [&](const std::string& name, const Cost& first, const Cost& second,
                       const std::vector<std::string>& before) {
    figures.push_back(
        {name, {}, [=, &settings] { return ratio(first, second, settings.rounds, before); }});
  };
  const auto ours = [](const std::string& figure) { return Cost{"runtime_costs", figure}; };
  for (const std::string figure : {"spawn_and_join", "wake", "mpsc_switch"}) {
    if (settings.alone || !exists(bench::program_beside("tokio_costs"))) continue;
    add(figure + ", ratio to tokio", ours(figure), {"tokio_costs", figure}, on_one_core());
  }
  for (const std::string figure : {"spawn_and_join", "mpsc_switch"}) {
    add(figure + " with two workers, ratio to one thread", ours(figure + "_2_workers"),
        ours(figure + "_current_thread"), {});
  }
  for (const std::string tasks :
       {"1000_detached", "1000_joined", "100000_detached", "100000_joined"}) {
    add("echo_beside_" + tasks + ", ratio to none", ours("echo_beside_" + tasks),
        ours("echo_beside_0_detached"), on_one_core());
  }
}

int run(const Settings& settings) {
  std::vector<Figure> figures;
  add_counted(figures, settings);
  add_timed(figures, settings);
  std::erase_if(figures, [&](const Figure& figure) {
    return figure.name.find(settings.only) == std::string::npos;
  });
  if (figures.empty())
    throw std::runtime_error("no figure has \"" + settings.only + "\" in its name");
  const auto rows = lab::measure_rows(figures, &Figure::name, [](const Figure& figure, auto&) {
    const Found found = figure.measure();
    // It would be below any limit.
    if (found.value <= 0) throw std::runtime_error(figure.name + ": nothing was counted");
    return std::pair(figure, found);
  });
  std::printf("%-56s %8s %8s  %s\n", "chapter 07's", "", "limit", "beside it");
  bool above = false;
  const int status = lab::print_rows(rows, 56, [&](const auto& row) {
    const auto& [figure, found] = *row.figures;
    const bool exceeds = figure.limit && found.value > *figure.limit;
    above |= exceeds;
    std::printf(" %8s %8s  %s%s", text_of(found.value).c_str(),
                figure.limit ? text_of(*figure.limit).c_str() : "", found.beside.c_str(),
                exceeds ? "; above the limit" : "");
  });
  return above ? 1 : status;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  common::CommandLine cli(
      "Counts and times what chapter 07's runtime costs, beside other libraries that are built.",
      "build/lab/runtime_table --only futex");
  cli.add_text("--only", "the figures with this text in their names", settings.only);
  cli.add_count("--rounds", "how often what is timed is timed; the median counts", settings.rounds);
  cli.add_flag("--alone", "without the other servers and libraries", settings.alone);
  return cli.run(argc, argv, [&] { return run(settings); });
}
