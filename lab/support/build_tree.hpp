// How does a test give a tool chapters of its own? In a build directory of its own.
#pragma once

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "lab/support/program.hpp"
#include "lab/support/temporary_directory.hpp"

namespace lab {

/// A temporary build directory, with all in its name that a shell or a list may stumble over: who
/// passes a path on without care is noticed. A tool looks for chapters beside itself, so it is
/// copied into it.
class BuildTree {
 public:
  using path = std::filesystem::path;

  explicit BuildTree(const path& tool) : tool_(place("lab", tool.filename())) {
    copy_file(tool, tool_);
  }

  /// The path of `program` in `directory`, which exists from then on.
  path place(const std::string& directory, const std::string& program) const {
    create_directories(root_ / directory);
    return root_ / directory / program;
  }

  /// A shell script, to stand in for a server or client. Returns its path.
  path script(const std::string& name, const std::string& commands) const {
    const path file = place("scripts", name);
    std::ofstream(file) << "#!/bin/sh\n" << commands << "\n";
    permissions(file, std::filesystem::perms::owner_all);
    return file;
  }

  /// Runs the tool. The words of `before`, if any, are a command that becomes the tool.
  lab::Result run(const std::vector<std::string>& flags,
                  std::vector<std::string> before = {}) const {
    before.push_back(tool_);
    before.insert(before.end(), flags.begin(), flags.end());
    return lab::run(before);
  }

 private:
  const TemporaryDirectory directory_;
  const path root_ = directory_ / "a 'büild'; tree";
  const path tool_;
};

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The table's line for `chapter`, or nothing.
inline std::string row(const lab::Result& result, const std::string& chapter) {
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(chapter + " ")) return line;
  }
  return {};
}

}  // namespace lab
