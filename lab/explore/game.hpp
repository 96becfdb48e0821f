// Which two threads does the game have? One that waits as a task does, one that tells as the
// reactor does. And what does each of their steps mean, in words?
#pragma once

#include <cstdint>

#include <string>

#include "lab/explore/explorer.hpp"

namespace explore {

/// "look": a byte comes while the task looks and begins to wait. "tick": the same for the second
/// byte, while it uses the first one. Throws std::invalid_argument if there is no such game.
///
/// Whoever is never woken has, in the end, its time run out: so a wake that is lost ends the run,
/// and the next one can begin.
Scenario game(const std::string& name);

/// What is to be known before the first step, and what the line is good for without which the game
/// can be lost.
struct Introduction {
  std::string begins;
  std::string line;
};
Introduction introduction(const std::string& name);

/// A step as a reader sees it: whose it is, in which function, what it does to which member. `last`
/// is the function in which the same thread took the step before, if there was one.
struct Move {
  std::string thread;
  std::string function;
  std::string what;
  std::string member;
  std::string last;
};

/// "The task looks whether …", a sentence without its end. Throws std::logic_error if nobody has
/// said what that step means.
std::string means(const Move& move);
/// The end of that sentence: what came of it, with these values before and after.
std::string outcome(const Move& move, std::uint64_t before, std::uint64_t after);

/// "1 byte", "2 bytes".
std::string counted(std::uint64_t count, const std::string& what);
/// A readiness in words: "tick 1, readable".
std::string readiness(std::uint64_t word);
bool is_readable(std::uint64_t word);

}  // namespace explore
