// Which positions can two threads be in, and which step leads from one to another? All of them, as
// a graph: it is what the book's game "lose the wake-up" is played on.
#pragma once

#include <string>

namespace explore {

/// The graph of a game, "look" or "tick", as JSON, a line for each step and each position. The same
/// code gives the same bytes. Throws std::invalid_argument if there is no such game.
///
/// `begins`: what is to be known before the first step. `good_for`: what the line is good for that
/// may be left out. `steps`: the thread, the file, the function, the line in it and all of its
/// statement, as they stand in the source; on which of `shared` it works; and what it `means`, a
/// sentence without its end. `positions`, the first of which is the beginning: for each thread its
/// `next` step (null: it has ended), and `to` where that leads (null: it cannot go), with what it
/// saw and the end of its sentence; and what is in each of `shared`. Positions are one if they show
/// the same, and whatever may come from them is the same. It is lost where nobody can go on, and
/// somebody has not ended.
std::string positions_of(const std::string& game);

}  // namespace explore
