// Which threads meet, and at what? A list.
#pragma once

#include <string>
#include <vector>

#include "lab/explore/explorer.hpp"

namespace explore {

struct Named {
  std::string name;  // a sentence
  Scenario scenario;
  std::size_t most_departures = 0;  // 0 is for all orders
};

inline Outcome explore(const Named& named) {
  return named.most_departures == 0 ? explore(named.scenario)
                                    : explore(named.scenario, Orders::few, named.most_departures);
}

/// Readiness: who waits, who has news, who clears, who leaves.
std::vector<Named> io_scenarios();
/// A task's life: wakes, aborts, joins, and who is last.
std::vector<Named> task_scenarios();
/// Timers: who sets, fires, moves and drops them.
std::vector<Named> time_scenarios();
/// Sets of futures: who polls them, wakes a child, and drops both.
std::vector<Named> many_scenarios();
/// `block_on` on one thread: wakes and more from others, and its end.
std::vector<Named> thread_scenarios();
/// The pool of workers: who sleeps, who hears the kernel, and who is woken.
std::vector<Named> pool_scenarios();
/// Channels: who sends, receives, waits for room or a turn, and leaves.
std::vector<Named> channel_scenarios();

inline std::vector<Named> all_scenarios() {
  std::vector<Named> all;
  for (const auto& list : {io_scenarios(), task_scenarios(), time_scenarios(), many_scenarios(),
                           channel_scenarios(), thread_scenarios(), pool_scenarios()}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

}  // namespace explore
