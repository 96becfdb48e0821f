// Does it hold in every order? Run them all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lab/explore/run.hpp"

namespace explore {

/// Makes what some threads share, adds them to the run, and says what must hold at its end. It is
/// called once for each order, and must do the same each time.
using Scenario = std::function<void(Run&)>;

struct Outcome {
  std::uint64_t schedules = 0;  ///< orders that were run to their end
  std::uint64_t cut = 0;        ///< begun, and found to be like one of those
  std::size_t longest = 0;      ///< steps
  std::string failure;          ///< why the last one failed, or empty
  std::vector<Taken> steps;     ///< of the one that failed
};

/// Runs the scenario in every order of its threads' steps, or until one fails. Throws
/// std::logic_error if the scenario is not always the same.
Outcome explore(const Scenario& scenario, Orders orders = Orders::that_differ,
                std::size_t most_departures = 2);

/// The steps of the order that failed, a line each: who, where in the code, what, and with which
/// value before and after.
std::string drawn(const Outcome& outcome);

}  // namespace explore
