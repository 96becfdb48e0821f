// Can any order of the threads' steps lose a wake, or use what is gone? Each order is run.
//
//   build/lab/explore
//
// One line for each scenario: what comes together, and in how many orders. A number behind that
// says that these are few of all: those that depart at most so often from one in which each thread
// goes on for as long as it can.
//
//   build/lab/explore --positions look
//
// Prints all positions that two threads can be in who meet at the second look, or at the tick, for
// the game in the book.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "common/cli.hpp"
#include "lab/explore/positions.hpp"
#include "lab/explore/scenarios.hpp"

namespace {

using explore::Named;
using explore::Outcome;

/// One row of the table, or the order that fails. False for that.
bool show(const Named& named) {
  const Outcome outcome = explore::explore(named);
  if (outcome.failure.empty()) {
    const std::string which =
        named.most_departures == 0 ? "" : ", " + std::to_string(named.most_departures);
    std::printf("%9llu%-3s  %s\n", static_cast<unsigned long long>(outcome.schedules),
                which.c_str(), named.name.c_str());
    std::fflush(stdout);
    return true;
  }
  std::printf("%s:\n%sfailed: %s\n", named.name.c_str(), drawn(outcome).c_str(),
              outcome.failure.c_str());
  return false;
}

bool show_all(const std::string& only, std::size_t departures) {
  std::printf("schedules     scenario\n");
  for (Named named : explore::all_scenarios()) {
    if (named.name.find(only) == std::string::npos) continue;
    if (named.most_departures != 0)
      named.most_departures = std::max(named.most_departures, departures);
    if (!show(named)) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::string only;
  std::string positions;
  std::uint64_t departures = 1;
  common::CommandLine cli("Runs a few threads' steps through the runtime in every order.",
                          "build/lab/explore --only pool --departures 2");
  cli.add_text("--only", "show the scenarios that have this in their names", only, "TEXT");
  cli.add_count("--departures", "of those with few orders, take those that depart so often",
                departures, 1, 9);
  cli.add_text("--positions", "print the positions of this game instead: look, or tick", positions,
               "GAME");
  return cli.run(argc, argv, [&] {
    if (positions.empty()) return show_all(only, departures) ? 0 : 1;
    std::fputs(explore::positions_of(positions).c_str(), stdout);
    return 0;
  });
}
