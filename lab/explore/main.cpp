// Can any order of the threads' steps lose a wake, or use what is gone? Each order is run.
//
//   build/lab/explore
//
// One line for each scenario: what comes together, and in how many orders. Then leave a line out:
//
//   build/lab/explore --no-second-look

#include <cstdio>

#include "common/cli.hpp"
#include "lab/explore/scenarios.hpp"

namespace {

using explore::Named;
using explore::Outcome;

/// One row of the table, or the order that fails. False for that.
bool show(const Named& named) {
  const Outcome outcome = explore::explore(named.scenario);
  if (outcome.failure.empty()) {
    std::printf("%9llu  %s\n", static_cast<unsigned long long>(outcome.schedules),
                named.name.c_str());
    std::fflush(stdout);
    return true;
  }
  std::printf("%s:\n%sfailed: %s\n", named.name.c_str(), drawn(outcome).c_str(),
              outcome.failure.c_str());
  return false;
}

bool show_all() {
  std::printf("schedules  scenario\n");
  for (const auto& list : {explore::io_scenarios(), explore::task_scenarios()}) {
    for (const Named& named : list) {
      if (!show(named)) return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  bool no_second_look = false;
  bool no_tick = false;
  common::CommandLine cli("Runs a few threads' steps through the runtime in every order.",
                          "build/lab/explore --no-second-look");
  cli.add_break_it("--no-second-look", "store the waker, and do not look again", no_second_look);
  cli.add_break_it("--no-tick", "clear whatever has come since the look", no_tick);
  return cli.run(argc, argv, [&] {
    if (no_second_look) return show(explore::without_second_look()) ? 0 : 1;
    if (no_tick) return show(explore::without_tick()) ? 0 : 1;
    return show_all() ? 0 : 1;
  });
}
