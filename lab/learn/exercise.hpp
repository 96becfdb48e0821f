// Which exercises are there, and what does one look like? CMake writes the list: see
// CMakeLists.txt.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace learn {

using std::filesystem::path;

/// One exercise, with all that belongs to it.
struct Exercise {
  std::string chapter;  ///< 04_poll
  std::string name;     ///< mailbox
  path directory;       ///< of its header, test, solution and hints
  path yours;           ///< the file that the reader changes
  path starter;         ///< what it was in the beginning: a copy
  std::string target;   ///< what CMake builds it as
  path program;         ///< its test, linked with the reader's file

  [[nodiscard]] path header() const { return directory / (name + ".hpp"); }
  [[nodiscard]] path solution() const { return directory / (name + "_solution.cpp"); }
  /// One line each, from a nudge to nearly the answer.
  [[nodiscard]] std::vector<std::string> hints() const;
};

/// What the reader has done with one exercise.
struct Progress {
  bool solved = false;
  std::size_t hints = 0;  ///< so many were shown
};

/// What `build` and `test` found.
struct Outcome {
  bool passed = false;
  std::string text;  ///< what to show: the compiler's words, or the first test case that fails
};

/// All exercises of a build directory, and the reader's progress, which is kept there.
class Course {
 public:
  /// Reads the list in `file`; the progress is in a file beside it. Throws std::runtime_error.
  explicit Course(path file);

  [[nodiscard]] const std::vector<Exercise>& exercises() const { return exercises_; }
  /// The one with this name; without one, the first that is not solved, or nullptr. Throws
  /// common::WrongUsage if there is no such exercise.
  [[nodiscard]] const Exercise* find(const std::string& name) const;
  [[nodiscard]] std::size_t solved() const;

  [[nodiscard]] Progress progress(const Exercise& exercise) const;
  void keep(const Exercise& exercise, Progress progress);

  /// Builds the exercise and runs its test, and keeps whether that passes.
  Outcome attempt(const Exercise& exercise);

  /// Has the reader's file as it was in the beginning. What stood there is returned as a path, for
  /// who wants it back; empty if nothing was changed.
  path reset(const Exercise& exercise);

 private:
  [[nodiscard]] path kept() const { return path(file_).replace_extension("progress"); }

  const path file_;
  std::string cmake_;
  path build_;
  std::vector<Exercise> exercises_;
  std::vector<Progress> progress_;  // of each
};

/// What a failed build wrote, without what only says how it was built.
std::string compiler_words(const std::string& output);

/// The first test case that fails in doctest's output, and the line that counts them all.
std::string first_failure(const std::string& output);

}  // namespace learn
