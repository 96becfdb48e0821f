// The exercise runner: which exercises are solved, and which one is next?
//
// It does what a reader would do by hand: it builds the exercise's target and runs its test. What
// is solved, and how many hints were shown, it keeps in the build directory.
//
//   build/lab/learn                 the list
//   build/lab/learn watch           builds and tests the next one, again each time you save it
//   build/lab/learn hint            a hint, and one more each time
//   build/lab/learn reset gate      the file of that exercise as it was in the beginning

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "common/cli.hpp"
#include "exercise.hpp"
#include "saves.hpp"

namespace {

using learn::Course;
using learn::Exercise;
using std::filesystem::path;

/// For the terminal: as short as it can be, seen from here.
std::string shown(const path& file) {
  const std::string from_here = file.lexically_proximate(std::filesystem::current_path());
  return from_here.starts_with("../..") ? file.string() : from_here;
}

void show_task(const Exercise& exercise) {
  std::printf("%s, %s\n  what to do  %s\n  your file   %s\n", exercise.chapter.c_str(),
              exercise.name.c_str(), shown(exercise.header()).c_str(),
              shown(exercise.yours).c_str());
}

void list(const Course& course) {
  std::string chapter;
  for (const Exercise& exercise : course.exercises()) {
    const bool begins = std::exchange(chapter, exercise.chapter) != exercise.chapter;
    const char* const state = course.progress(exercise).solved ? "solved" : "-";
    std::printf("%-20s %-12s %s\n", begins ? chapter.c_str() : "", exercise.name.c_str(), state);
  }
  std::printf("\n%zu of %zu are solved.", course.solved(), course.exercises().size());
  if (const Exercise* const next = course.find("")) {
    std::puts(" The next one:\n");
    show_task(*next);
    std::puts("\nbuild/lab/learn watch   builds and tests it, again each time you save it");
    std::puts("build/lab/learn hint    shows a hint, and one more each time");
  } else {
    std::puts(" There is no next one.");
  }
}

/// Builds and tests it, and says what came of it.
bool attempt(Course& course, const Exercise& exercise) {
  show_task(exercise);
  std::fflush(stdout);  // the build takes a few seconds
  const learn::Outcome outcome = course.attempt(exercise);
  if (outcome.passed) {
    std::printf("\nSolved, %zu of %zu. Another answer: %s\n\n", course.solved(),
                course.exercises().size(), shown(exercise.solution()).c_str());
  } else {
    std::printf("\n%s\nNot solved yet. A hint: build/lab/learn hint %s\n\n", outcome.text.c_str(),
                exercise.name.c_str());
  }
  std::fflush(stdout);
  return outcome.passed;
}

/// From this exercise on, until all are solved.
void watch(Course& course, const Exercise* exercise) {
  while (exercise != nullptr) {
    const learn::Saves saves(exercise->yours.parent_path());
    while (!attempt(course, *exercise)) {
      std::printf("Waiting until you save %s (Ctrl-C ends)\n", exercise->yours.filename().c_str());
      std::fflush(stdout);
      saves.wait(exercise->yours.filename());
    }
    exercise = course.find("");
  }
  std::puts("All exercises are solved.");
}

void hint(Course& course, const Exercise& exercise) {
  const auto hints = exercise.hints();
  learn::Progress progress = course.progress(exercise);
  progress.hints = std::min(progress.hints + 1, hints.size());
  course.keep(exercise, progress);
  for (std::size_t i = 0; i < progress.hints; ++i)
    std::printf("%zu. %s\n", i + 1, hints[i].c_str());
  const std::size_t left = hints.size() - progress.hints;
  left != 0
      ? std::printf("(%zu more)\n", left)
      : std::printf("(That was the last one. An answer: %s)\n", shown(exercise.solution()).c_str());
}

void reset(Course& course, const Exercise& exercise) {
  const path before = course.reset(exercise);
  if (before.empty()) {
    std::printf("%s is as it was in the beginning.\n", shown(exercise.yours).c_str());
  } else {
    std::printf("%s is as it was in the beginning. What you had written is in %s.\n",
                shown(exercise.yours).c_str(), shown(before).c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string command = "list";
  std::string name;
  std::string file =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "exercises.txt";
  common::CommandLine cli(
      "The exercises: which are solved, and which one is next? Without an exercise's name, it is\n"
      "about the first that is not solved.",
      "build/lab/learn watch");
  cli.add_word("command",
               "list (the default); watch: builds and tests when the file is saved; run: once;\n"
               "hint: one more each time; reset: the file as it was in the beginning",
               command);
  cli.add_word("exercise", "its name, as list shows it", name);
  cli.add_text("--exercises", "the list of exercises that CMake has written", file, "FILE");
  return cli.run(argc, argv, [&] {
    Course course(file);
    const Exercise* const exercise = course.find(name);
    bool passed = true;
    if (command == "list") {
      list(course);
    } else if (command == "watch") {
      watch(course, exercise);
    } else if (command != "run" && command != "hint" && command != "reset") {
      throw common::WrongUsage("what is " + command +
                               "? (build/lab/learn --help lists the commands)");
    } else if (exercise == nullptr) {
      throw common::WrongUsage("all exercises are solved; say which one you mean");
    } else if (command == "run") {
      passed = attempt(course, *exercise);
    } else {
      command == "hint" ? hint(course, *exercise) : reset(course, *exercise);
    }
    return passed ? 0 : 1;
  });
}
