// Which threads meet, and at what? A list.
#pragma once

#include <string>
#include <vector>

#include "lab/explore/explorer.hpp"

namespace explore {

struct Named {
  std::string name;  // a sentence
  Scenario scenario;
};

/// Readiness: who waits, who has news, who clears, who leaves.
std::vector<Named> io_scenarios();
/// A task's life: wakes, aborts, joins, and who is last.
std::vector<Named> task_scenarios();

/// The real code with one line left out, in the scenario that misses it.
Named without_second_look();
Named without_tick();

}  // namespace explore
