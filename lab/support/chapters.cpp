#include "lab/support/chapters.hpp"

#include <algorithm>
#include <stdexcept>

namespace lab {
namespace {

using std::filesystem::path;

bool is_built_chapter(const path& directory, const std::vector<std::string>& programs) {
  const std::string name = directory.filename();
  return name.find_first_not_of("0123456789") == 2 && name[2] == '_' &&
         std::all_of(programs.begin(), programs.end(),
                     [&](const std::string& program) { return exists(directory / program); });
}

}  // namespace

std::vector<path> built_chapters(const std::vector<std::string>& programs) {
  const path build = std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path();
  std::vector<path> chapters;
  for (const path& directory : std::filesystem::directory_iterator(build)) {
    if (is_built_chapter(directory, programs)) chapters.push_back(directory);
  }
  if (chapters.empty()) throw std::runtime_error("no chapter is built in " + build.string());
  std::sort(chapters.begin(), chapters.end());
  return chapters;
}

std::vector<std::string> flags_for_one_thread(const path& chapter) {
  if (chapter.filename() == "07_futures_tasks") return {"--workers", "0"};
  return {};
}

}  // namespace lab
