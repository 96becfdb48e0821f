// What is each of these lines of the runtime good for? Leave it out, and see what goes wrong.
//
//   build/lab/explore_broken --no-second-look
//
// The steps, one a line, of the first order that fails: the thread, where it is in the code, what
// it does, and the value before and after. With --positions GAME as `explore` has it: all
// positions, those included from which nobody can go on. See CMakeLists.txt for what each flag does
// to the code.

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "common/cli.hpp"
#include "lab/explore/positions.hpp"
#include "lab/explore/scenarios.hpp"

namespace explore {
namespace {

struct Break {
  const char* flag;
  const char* what;
  const char* scenario;  // that misses what is left out
  bool given = false;
};

std::vector<Break>& breaks() {
  static std::vector<Break> all = {
      {"--no-second-look", "store the waker, and do not look again",
       "an event comes while a task looks and begins to wait"},
      {"--no-tick", "clear whatever has come since the look",
       "an event comes while a task reads, and clears the event before"},
      {"--recycle-in-turn", "use what is removed again while a turn has its event",
       "an event is on its way while its registration goes, and another one comes"},
      {"--sleep-anyway", "sleep also when a wake has come",
       "a wake comes while block_on goes to sleep"},
      {"--swallow-wake", "do not tell of a wake that found nobody asleep",
       "a wake comes while block_on looks whether its virtual clock can jump"},
      {"--forget-elders", "let a reactor go when a descriptor moves away from it",
       "a reader and a writer move the same descriptor from a runtime that has ended"},
      {"--no-reference", "drop the waker before the task is in the queue",
       "a task is woken while its block_on ends"},
      {"--joiner-too-late", "join a task, and do not look whether it is done",
       "the task ends while another one begins to join it"},
      {"--keep-nothing", "do not keep the executor whose task is woken",
       "a task is woken while its block_on ends"},
      {"--never-closed", "put a task into the queue of an executor that has ended",
       "a task is woken while its block_on ends"},
      {"--keep-no-other", "do not keep the pool whose task a worker of another pool wakes",
       "a worker of another pool wakes the task that its pool ends with"},
      {"--leave-driver", "leave the driver in its wait when all others are busy",
       "a worker of another pool wakes the task that its pool ends with"},
      {"--leave-watch", "take a task, with the driver's seat free, and wake nobody",
       "two of three workers of a pool are held up while the third one waits for bytes"},
      {"--look-once", "do not look for a deadlock again when tasks have run since",
       "a wake for nothing comes while a pool looks for a deadlock, and there is one"}};
  return all;
}

}  // namespace

/// What the copies of the runtime's files ask.
bool broken(const char* flag) {
  const auto is_meant = [flag](const Break& one) { return std::string_view(flag) == one.flag; };
  return std::find_if(breaks().begin(), breaks().end(), is_meant)->given;
}

namespace {

int show(const Break& one) {
  for (const Named& named : all_scenarios()) {
    if (named.name != one.scenario) continue;
    const Outcome outcome = explore(named);
    std::printf("%s:\n%s%s%s\n", named.name.c_str(), drawn(outcome).c_str(),
                outcome.failure.empty() ? "nothing fails" : "failed: ", outcome.failure.c_str());
    return outcome.failure.empty() ? 0 : 1;
  }
  std::printf("there is no such scenario: %s\n", one.scenario);
  return 2;
}

}  // namespace
}  // namespace explore

int main(int argc, char** argv) {
  common::CommandLine cli("Runs a runtime that has a line left out, until that fails.",
                          "build/lab/explore_broken --no-second-look");
  for (explore::Break& one : explore::breaks()) cli.add_break_it(one.flag, one.what, one.given);
  std::string positions;
  cli.add_text("--positions", "print the positions of this game instead: look, or tick", positions,
               "GAME");
  return cli.run(argc, argv, [&] {
    if (!positions.empty()) {
      std::fputs(explore::positions_of(positions).c_str(), stdout);
      return 0;
    }
    int status = 0;
    for (const explore::Break& one : explore::breaks()) {
      if (one.given) status = explore::show(one);
    }
    return status;
  });
}
