// What does a ring save, and what does it cost? The same echo, on epoll and on io_uring, in one
// table. All of it is counted, so that it comes out the same whatever else the machine does.
//
//   build/lab/rings                 two minutes
//   build/lab/rings --only driver   the servers with this text in their names
//
// driver_io_uring is chapter 07's server with --driver io_uring, which asks a ring what is ready;
// io_uring is echo_server_uring, which leaves the work to the kernel. So many connections are ready
// at once because the server stood still while they sent.

#include <array>
#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/cli.hpp"
#include "counts.hpp"
#include "lab/support/chapter_rows.hpp"
#include "lab/support/ring.hpp"
#include "subjects.hpp"

namespace {

using bench::Subject;

constexpr std::array<std::size_t, 3> kReady = {1, 50, 1000};

struct Costs {
  std::array<double, kReady.size()> calls;
  std::array<double, 2> instructions;
  double bytes;
};

// What the server of completions may cost. The tests of lab/budgets hold it to these.
constexpr Costs kMost = {{2.01, 0.06, 0.01}, {1'450, 880}, 200};

Costs measure(const Subject& subject) {
  Costs costs{};
  for (std::size_t i = 0; i < kReady.size(); ++i) {
    costs.calls[i] = bench::calls_per_echo(subject, kReady[i]);
  }
  for (std::size_t i = 0; i < costs.instructions.size(); ++i) {
    costs.instructions[i] = bench::instructions_per_echo(subject, kReady[i]);
  }
  costs.bytes = bench::bytes_per_connection(subject);
  return costs;
}

bool exceeds(const Costs& costs, const Costs& most) {
  bool above = costs.bytes > most.bytes;
  for (std::size_t i = 0; i < kReady.size(); ++i) above |= costs.calls[i] > most.calls[i];
  for (std::size_t i = 0; i < 2; ++i) above |= costs.instructions[i] > most.instructions[i];
  return above;
}

int run(const std::string& only) {
  bench::require_valgrind();
  const std::string why_not = lab::why_no_ring();
  if (!why_not.empty()) throw std::runtime_error(why_not);
  std::vector<Subject> subjects = bench::built_subjects(only);
  std::erase_if(subjects, [](const Subject& subject) { return subject.name < "06"; });
  const auto rows = lab::measure_rows(
      subjects, &Subject::name, [](const Subject& subject, auto&) { return measure(subject); });
  std::printf("%-18s %26s %16s %10s\n", "", "system calls of an echo,", "instructions,",
              "bytes of");
  std::printf("%-18s %26s %16s %10s\n", "", "so many ready at once", "the same", "an idle");
  std::printf("%-18s %8zu %8zu %8zu %8zu %7zu %10s\n", "echo server", kReady[0], kReady[1],
              kReady[2], kReady[0], kReady[1], "connection");
  bool above = false;
  const int status = lab::print_rows(rows, 18, [&](const auto& row) {
    const Costs& costs = *row.figures;
    for (const double calls : costs.calls) std::printf(" %8.3f", calls);
    std::printf(" %8.0f %7.0f %10.0f", costs.instructions[0], costs.instructions[1], costs.bytes);
    const bool too_much = row.chapter == "io_uring" && exceeds(costs, kMost);
    std::printf("%s", too_much ? "  above its limit" : "");
    above = above || too_much;
  });
  return above ? 1 : status;
}

}  // namespace

int main(int argc, char** argv) {
  std::string only;
  common::CommandLine cli(
      "Counts what an echo takes on epoll and on io_uring: system calls, instructions, memory.",
      "build/lab/rings --only io_uring");
  cli.add_text("--only", "the servers with this text in their names", only);
  return cli.run(argc, argv, [&] { return run(only); });
}
