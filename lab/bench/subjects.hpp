// Which echo servers are compared? The chapters' own, and those of other libraries that are built.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace bench {

struct Subject {
  std::string name;
  std::filesystem::path program;
  std::vector<std::string> flags;  // those that give it one thread
};

/// Those with `only` in their names: the chapters; chapter 07 on a ring, and its server of
/// completions, where rings can be made; and the peers that are built beside this program. Throws
/// std::runtime_error where there is none.
std::vector<Subject> built_subjects(const std::string& only);

/// The path of another program beside this one. It need not exist.
std::filesystem::path program_beside(const std::string& name);

}  // namespace bench
