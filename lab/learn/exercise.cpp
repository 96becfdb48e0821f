#include "exercise.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "common/cli.hpp"
#include "lab/support/program.hpp"
#include "lab/support/temporary_directory.hpp"

namespace learn {
namespace {

/// The first build may compile all that an exercise links.
constexpr common::Duration kBuildPatience = std::chrono::minutes(30);
/// Most tests end themselves after ten seconds.
constexpr common::Duration kTestPatience = std::chrono::seconds(60);

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

/// What git has of a file, where the file is in a checkout.
std::optional<std::string> committed(const path& file) {
  try {
    const lab::Result result =
        lab::run({"git", "-C", file.parent_path(), "show", "HEAD:./" + file.filename().string()});
    if (result.status == 0) return result.out;
  } catch (const std::system_error&) {
    // There is no git.
  }
  return std::nullopt;
}

void write(const path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary);
  stream << text << std::flush;
  if (!stream) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace

std::vector<std::string> Exercise::hints() const {
  return split(lab::read_file(directory / (name + ".hints")), '\n');
}

Course::Course(path file) : file_(std::move(file)) {
  const std::vector<std::string> lines = split(lab::read_file(file_), '\n');
  if (lines.empty()) throw std::runtime_error("no list of exercises: " + file_.string());
  const auto first = split(lines.front(), '\t');
  cmake_ = first.at(0);
  build_ = first.at(1);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto word = split(lines[i], '\t');
    exercises_.push_back({.chapter = word.at(0),
                          .name = word.at(1),
                          .directory = word.at(2),
                          .yours = word.at(3),
                          .starter = word.at(4),
                          .target = word.at(5),
                          .program = word.at(6)});
  }
  progress_.resize(exercises_.size());
  std::ifstream words(kept());
  std::string name;
  for (Progress one; words >> name >> one.solved >> one.hints;) {
    for (std::size_t i = 0; i < exercises_.size(); ++i) {
      if (exercises_[i].name == name) progress_[i] = one;
    }
  }
}

const Exercise* Course::find(const std::string& name) const {
  for (const Exercise& exercise : exercises_) {
    if (name.empty() ? !progress(exercise).solved : exercise.name == name) return &exercise;
  }
  if (name.empty()) return nullptr;
  throw common::WrongUsage("there is no exercise " + name + " (build/lab/learn lists them)");
}

std::size_t Course::solved() const {
  return static_cast<std::size_t>(std::count_if(progress_.begin(), progress_.end(),
                                                [](const Progress& one) { return one.solved; }));
}

Progress Course::progress(const Exercise& exercise) const {
  return progress_[static_cast<std::size_t>(&exercise - exercises_.data())];
}

void Course::keep(const Exercise& exercise, Progress progress) {
  progress_[static_cast<std::size_t>(&exercise - exercises_.data())] = progress;
  std::ostringstream text;
  for (std::size_t i = 0; i < exercises_.size(); ++i) {
    text << exercises_[i].name << ' ' << progress_[i].solved << ' ' << progress_[i].hints << '\n';
  }
  write(kept(), text.str());
}

Outcome Course::attempt(const Exercise& exercise) {
  const auto judge = [&]() -> Outcome {
    lab::Program build({cmake_, "--build", build_, "--target", exercise.target});
    const lab::Result built = build.wait(kBuildPatience);
    if (built.status != 0) {
      return {false, "It does not build:\n\n" + compiler_words(built.out + built.err)};
    }
    try {
      lab::Program test({exercise.program});
      const lab::Result result = test.wait(kTestPatience);
      if (result.status == 0) return {true, ""};
      return {false, first_failure(result.out) + result.err};
    } catch (const lab::TimeLimit& error) {
      return {false, std::string(error.what()) + "\n"};
    }
  };
  Outcome outcome = judge();
  keep(exercise, {outcome.passed, progress(exercise).hints});
  return outcome;
}

path Course::reset(const Exercise& exercise) {
  keep(exercise, {});
  const std::string now = lab::read_file(exercise.yours);
  for (const auto& starter :
       {committed(exercise.yours), std::optional(lab::read_file(exercise.starter))}) {
    // Who commits answers has one in git, too; the copy is older.
    if (!starter || starter->empty() || *starter == now) continue;
    const path before = path(exercise.starter).replace_extension("yours.cpp");
    write(before, now);
    write(exercise.yours, *starter);
    return before;
  }
  return {};
}

std::string compiler_words(const std::string& output) {
  std::string words;
  bool is_command = false;
  for (const std::string& line : split(output, '\n')) {
    const bool follows_failed = std::exchange(is_command, line.starts_with("FAILED: "));
    const bool is_step =
        line.size() > 1 && line[0] == '[' && (std::isdigit(line[1]) != 0 || line[1] == ' ');
    if (is_command || follows_failed || is_step || line.starts_with("ninja: ") ||
        line.starts_with("gmake") || line.starts_with("make")) {
      continue;
    }
    words += line + "\n";
  }
  return words.empty() ? output : words;
}

std::string first_failure(const std::string& output) {
  std::vector<std::string> blocks(1);
  for (const std::string& line : split(output, '\n')) {
    if (line.starts_with("=====")) {
      blocks.emplace_back();
    } else {
      blocks.back() += line + "\n";
    }
  }
  if (blocks.size() < 3) return output;
  // Before the first line of these there is what the program is; behind the last, the counts.
  return blocks[1] + blocks.back();
}

}  // namespace learn
