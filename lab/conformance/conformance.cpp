#include "lab/conformance/conformance.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace lab {

std::vector<std::string> Chapter::programs(const std::string& prefix) const {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const bool runs = entry.is_regular_file() && ::access(entry.path().c_str(), X_OK) == 0;
    const std::string name = entry.path().filename();
    const bool takes_flags = !std::filesystem::exists(directory + "/with_flags/" + name);
    if (runs && takes_flags && name != "tests" && name.starts_with(prefix)) {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace lab
