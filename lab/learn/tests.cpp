// Does the exercise runner know what is solved, and does it say why if not? It works on files of
// the test's own here, in a directory with a blank in its name, and builds them with the programs
// that readers build.

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "exercise.hpp"
#include "lab/support/build_tree.hpp"
#include "lab/support/program.hpp"
#include "lab/support/temporary_directory.hpp"
#include "lab/support/text.hpp"

namespace {

using lab::contains;
using lab::Result;
using learn::Exercise;
using learn::path;

constexpr common::Duration kBuildPatience = std::chrono::minutes(10);

const path kTrial = path(BUILD_DIR) / "lab" / "parts" / "learn" / "a reader";

void put(const path& file, const std::string& text) {
  std::ofstream(file) << text;
}

/// A reader, who has done nothing yet.
class Reader {
 public:
  Reader() {
    std::filesystem::remove(kTrial / "exercises.progress");
    for (const Exercise& exercise : exercises()) start(exercise);
  }

  [[nodiscard]] const std::vector<Exercise>& exercises() const { return course_.exercises(); }

  /// The runner with these words, under way.
  static std::vector<std::string> command(std::vector<std::string> words) {
    words.insert(words.begin(), path(BUILD_DIR) / "lab" / "learn");
    words.insert(words.end(), {"--exercises", kTrial / "exercises.txt"});
    return words;
  }

  Result learn(const std::vector<std::string>& words) const {
    lab::Program program(command(words));
    return program.wait(kBuildPatience);
  }

  /// What `list` says of an exercise.
  [[nodiscard]] bool is_solved(const Exercise& exercise) const {
    return contains(learn({}).out,
                    " " + exercise.name + std::string(13 - exercise.name.size(), ' ') + "solved\n");
  }

  void start(const Exercise& exercise) const {
    const path file = exercise.directory / (exercise.name + "_starter.cpp");
    put(exercise.yours, lab::read_file(file));
  }
  void solve(const Exercise& exercise) const {
    put(exercise.yours, lab::read_file(exercise.solution()));
  }

 private:
  learn::Course course_{kTrial / "exercises.txt"};
};

/// Whoever reads this book in this directory may have solved some of them already.
bool was_solved_by_hand(const Exercise& exercise) {
  const path program = path(BUILD_DIR) / exercise.chapter / "exercises" / exercise.name;
  return lab::run({program}).status == 0;
}

}  // namespace

TEST_CASE("every exercise is not solved, and says why, and with its solution it is") {
  const Reader reader;
  CHECK(reader.exercises().size() >= 17);
  std::size_t solved = 0;
  for (const Exercise& exercise : reader.exercises()) {
    CAPTURE(exercise.name);
    CHECK_FALSE(reader.is_solved(exercise));
    if (!was_solved_by_hand(exercise)) {
      const Result fails = reader.learn({"run", exercise.name});
      INFO(fails.out << fails.err);
      CHECK(fails.status == 1);
      CHECK(lab::count(fails.out, "TEST CASE: ") == 1);
      CHECK(contains(fails.out, "Not solved yet."));
      CHECK_FALSE(reader.is_solved(exercise));
    }
    reader.solve(exercise);
    const Result passes = reader.learn({"run", exercise.name});
    INFO(passes.out << passes.err);
    CHECK(passes.status == 0);
    CHECK(contains(passes.out, "Solved, " + std::to_string(++solved) + " of "));
    CHECK(reader.is_solved(exercise));
  }
  const Result list = reader.learn({});
  CHECK(contains(list.out, " are solved. There is no next one.\n"));
  CHECK(contains(reader.learn({"watch"}).out, "All exercises are solved."));
  CHECK(reader.learn({"run"}).status == 2);
}

TEST_CASE("watch tries again when the file is saved, in either way, and goes on to the next one") {
  const Reader reader;
  const Exercise& first = reader.exercises()[0];
  const Exercise& second = reader.exercises()[1];
  lab::Program watch(Reader::command({"watch"}));
  watch.wait_for_output("Waiting until you save " + first.name, kBuildPatience);
  reader.solve(first);
  watch.wait_for_output("Solved, 1 of ", kBuildPatience);
  watch.wait_for_output("Waiting until you save " + second.name, kBuildPatience);
  const path other = kTrial / "new";
  put(other, lab::read_file(second.solution()));
  std::filesystem::rename(other, second.yours);
  watch.wait_for_output("Solved, 2 of ", kBuildPatience);
  watch.signal(SIGTERM);
  const Result result = watch.wait();
  CHECK(lab::count(result.out, first.name + "_starter.cpp") >= 2);
  // Two attempts each.
  CHECK(lab::count(result.out, second.chapter + ", " + second.name + "\n") == 2);
  CHECK(reader.is_solved(first));
  CHECK(reader.is_solved(second));
}

TEST_CASE("what does not build is shown as the compiler says it, and nothing else") {
  const Reader reader;
  const Exercise& exercise = reader.exercises()[0];
  put(exercise.yours, "int this_is(\n");
  const Result result = reader.learn({"run"});
  CAPTURE(result.out);
  CHECK(result.status == 1);
  CHECK(contains(result.out, "It does not build:\n\n" + exercise.yours.string() + ":"));
  CHECK(contains(result.out, "error: "));
  CHECK_FALSE(contains(result.out, "FAILED"));
  CHECK_FALSE(contains(result.out, "-std="));
}

TEST_CASE("each exercise has some hints, and each time there is one more") {
  const Reader reader;
  for (const Exercise& exercise : reader.exercises()) {
    CAPTURE(exercise.name);
    const auto hints = exercise.hints();
    CHECK(hints.size() >= 3);
    std::string shown;
    for (std::size_t i = 0; i < hints.size(); ++i) {
      CHECK_FALSE(hints[i].empty());
      shown += std::to_string(i + 1) + ". " + hints[i] + "\n";
      CHECK(reader.learn({"hint", exercise.name}).out.starts_with(shown + "("));
    }
    CHECK(contains(reader.learn({"hint", exercise.name}).out, "That was the last one"));
  }
}

TEST_CASE("reset brings back the starter, forgets what was done, and keeps what was written") {
  const Reader reader;
  const Exercise& exercise = reader.exercises()[0];
  const std::string starter = lab::read_file(exercise.starter);
  put(exercise.yours, starter);
  const path kept = path(exercise.starter).replace_extension("yours.cpp");
  std::filesystem::remove(kept);
  CHECK(contains(reader.learn({"reset"}).out, "is as it was in the beginning.\n"));
  reader.solve(exercise);
  const std::string answer = lab::read_file(exercise.yours);
  REQUIRE(reader.learn({"run"}).status == 0);
  reader.learn({"hint", exercise.name});
  const Result result = reader.learn({"reset", exercise.name});
  CHECK(lab::read_file(exercise.yours) == starter);
  CHECK(contains(result.out, kept.filename()));
  CHECK(lab::read_file(kept) == answer);
  CHECK_FALSE(reader.is_solved(exercise));
  CHECK_FALSE(contains(reader.learn({"hint", exercise.name}).out, "\n2. "));
}

TEST_CASE("a command or an exercise that is not there is a clear line and exit status 2") {
  const Reader reader;
  const Result command = reader.learn({"wach"});
  CHECK(command.status == 2);
  CHECK(command.err == "what is wach? (build/lab/learn --help lists the commands)\n");
  const Result exercise = reader.learn({"hint", "gat"});
  CHECK(exercise.status == 2);
  CHECK(exercise.err == "there is no exercise gat (build/lab/learn lists them)\n");
}

TEST_CASE("of a test's words only the first case that fails is shown, and the counts") {
  const std::string line(79, '=');
  CHECK(learn::first_failure("doctest\n" + line + "\nTEST CASE: a\n" + line + "\nTEST CASE: b\n" +
                             line + "\n2 failed\n") == "TEST CASE: a\n2 failed\n");
  CHECK(learn::first_failure("no test at all\n") == "no test at all\n");
  CHECK(learn::compiler_words("[1/2] Building\nFAILED: a.o \ng++ a\na.cpp:1: error\n"
                              "ninja: build stopped.\n") == "a.cpp:1: error\n");
  CHECK(learn::compiler_words("ninja: error: no such target\n") ==
        "ninja: error: no such target\n");
}
