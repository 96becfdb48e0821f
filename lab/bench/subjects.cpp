#include "subjects.hpp"

#include <stdexcept>

#include "lab/support/chapters.hpp"
#include "lab/support/ring.hpp"

namespace bench {

using std::filesystem::path;

path program_beside(const std::string& name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

std::vector<Subject> built_subjects(const std::string& only) {
  std::vector<Subject> subjects;
  const auto add = [&](const std::string& name, const path& program,
                       const std::vector<std::string>& flags = {}) {
    const bool wanted = name.find(only) != std::string::npos;
    if (wanted && exists(program)) subjects.push_back({name, program, flags});
  };
  for (const path& chapter : lab::built_chapters({"echo_server"})) {
    add(chapter.filename(), chapter / "echo_server", lab::flags_for_one_thread(chapter));
  }
  const path last = program_beside("../07_futures_tasks");
  if (lab::why_no_ring().empty()) {
    add("driver_io_uring", last / "echo_server", {"--workers", "0", "--driver", "io_uring"});
    add("io_uring", last / "echo_server_uring");
  }
  for (const std::string peer : {"asio", "libuv", "libevent", "tokio"}) {
    add(peer, program_beside(peer + "_echo"));
  }
  if (subjects.empty()) throw std::runtime_error("no server has \"" + only + "\" in its name");
  return subjects;
}

}  // namespace bench
