// Which chapters are built? For tools that run programs of all of them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lab {

/// The chapters' directories, in order, in the build directory that the calling program is in, two
/// levels above it: those named like 04_poll that have each of `programs`. Throws
/// std::runtime_error where there is none.
std::vector<std::filesystem::path> built_chapters(const std::vector<std::string>& programs);

/// The flags that give a chapter's server one thread, so that it compares with others; none where
/// no flag decides that.
std::vector<std::string> flags_for_one_thread(const std::filesystem::path& chapter);

}  // namespace lab
