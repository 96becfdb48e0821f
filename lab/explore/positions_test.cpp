// Are the positions on which the book's game is played those that the explorer finds?

#include <doctest/doctest.h>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "lab/explore/game.hpp"
#include "lab/explore/positions.hpp"
#include "lab/support/program.hpp"

namespace explore {
namespace {

/// What the program, in build/lab, prints.
std::string printed(const std::vector<std::string>& words) {
  std::vector<std::string> command = words;
  command[0] = std::string(BUILD_DIR) + "/lab/" + command[0];
  const lab::Result result = lab::run(command);
  CHECK_MESSAGE(result.status == 0, result.err);
  return result.out;
}

std::string book() {
  std::ifstream stream(std::string(SOURCE_DIR) + "/lab/book/recordings/lose_the_wake_up.json");
  return {std::istreambuf_iterator<char>(stream), {}};
}
/// From which nobody can go on, and not all have ended.
std::size_t lost(const std::string& positions) {
  const std::regex stuck(R"re(\{"next":\[(\d+,\w+|null,\d+)\],"to":\[null,null\])re");
  return static_cast<std::size_t>(
      std::distance(std::sregex_iterator(positions.begin(), positions.end(), stuck), {}));
}

struct Games {
  std::string look = printed({"explore", "--positions", "look"});
  std::string no_look = printed({"explore_broken", "--no-second-look", "--positions", "look"});
  std::string tick = printed({"explore", "--positions", "tick"});
  std::string no_tick = printed({"explore_broken", "--no-tick", "--positions", "tick"});
};

TEST_CASE_FIXTURE(Games, "the positions in the book are those that the explorer finds today") {
  for (const std::string& game : {look, no_look, tick, no_tick}) {
    const bool found = book().find(game) != std::string::npos;
    CHECK_MESSAGE(found, "lab/book/record/record.py lose_the_wake_up records them again");
  }
}

TEST_CASE_FIXTURE(Games, "no position is lost with the second look and the tick, and one without") {
  CHECK(lost(look) == 0);
  CHECK(lost(tick) == 0);
  CHECK(lost(no_look) == 1);
  CHECK(lost(no_tick) == 1);
}

TEST_CASE_FIXTURE(Games, "positions that show the same, and lead to the same, are one") {
  const std::regex position(R"re(\n  (\{"next".*\}),?)re");
  for (const std::string& game : {look, no_look, tick, no_tick}) {
    std::multiset<std::string> all;
    for (std::sregex_iterator one(game.begin(), game.end(), position), end; one != end; ++one)
      all.insert((*one)[1]);
    CHECK(all.size() > 30);
    for (const std::string& one : all) CHECK(all.count(one) == 1);
  }
}

TEST_CASE_FIXTURE(Games, "each step says in words what it means, and what came of it") {
  const auto count = [](const std::string& text, const char* pattern) {
    const std::regex regex(pattern);
    return std::distance(std::sregex_iterator(text.begin(), text.end(), regex), {});
  };
  for (const std::string& game : {look, no_look, tick, no_tick}) {
    CHECK(count(game, R"re("means":"(The (task|reactor)|A byte) [^"]+"\})re") ==
          count(game, R"re("thread":)re"));
    // Where a step leads, what it has seen, if anything, and what came of it.
    CHECK(count(game, R"re(\[\d+,"[^"]*","[^"]+"\])re") == count(game, R"re(\[\d+,")re"));
  }
}

TEST_CASE_FIXTURE(Games,
                  "a step is shown with all of its statement, also where a line is left out") {
  const char* clear = R"("statement":"while (before / kTick == observed.word_ / kTick &&\n )";
  for (const std::string& game : {look, no_look, tick, no_tick}) {
    CHECK(game.find(clear) != std::string::npos);
    CHECK(game.find("explore::broken") == std::string::npos);
  }
}

TEST_CASE("a step that nobody has put into words is no part of a game") {
  CHECK_THROWS_WITH_AS(means({"task", "dance", "load", "word_", ""}),
                       "nobody has said what it means: task, dance, load", std::logic_error);
}

TEST_CASE("a game that is not there is named, with those that are") {
  CHECK_THROWS_WITH_AS(positions_of("chess"), "no such game: chess; there are look and tick",
                       std::invalid_argument);
}

}  // namespace
}  // namespace explore
