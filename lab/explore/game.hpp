// Which two threads does the game have? One that waits as a task does, one that tells as the
// reactor does.
#pragma once

#include <string>

#include "lab/explore/explorer.hpp"

namespace explore {

/// "look": a byte comes while the task looks and begins to wait. "tick": the same for the second
/// byte, while it uses the first one. Throws std::invalid_argument if there is no such game.
///
/// Whoever is never woken has, in the end, its time run out: so a wake that is lost ends the run,
/// and the next one can begin.
Scenario game(const std::string& name);

}  // namespace explore
