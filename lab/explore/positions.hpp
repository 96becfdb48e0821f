// Which positions can two threads be in, and which step leads from one to another? All of them, as
// a graph: it is what the book's game "lose the wake-up" is played on.
#pragma once

#include <string>

namespace explore {

/// The graph of a game, "look" or "tick", as JSON, a line for each step and each position. The same
/// code gives the same bytes. Throws std::invalid_argument if there is no such game.
///
/// `steps`: the thread, the file, the function and the line in it, as they stand in the source, and
/// on which of `shared` it works. `positions`, the first of which is the beginning: for each thread
/// its `next` step (null: it has ended), whether it `can` take it, and where that leads, `to`, with
/// what it saw; and what is in each of `shared`. Positions are one if they show the same, and
/// whatever may come from them is the same. `lost`: nobody can go on, and somebody has not ended.
std::string positions_of(const std::string& game);

}  // namespace explore
