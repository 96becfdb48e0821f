#include "lab/conformance/conformance.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "common/fd.hpp"
#include "common/socket.hpp"
#include "lab/support/text.hpp"

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

Result stop_well(Server& server, int signal) {
  Result result = server.stop(signal);
  CHECK_MESSAGE(result.status == 0, result.err);
  return result;
}

Result end_well(Server& server) {
  Result result = server.program().wait();
  CHECK_MESSAGE(result.status == 0, result.err);
  return result;
}

void check_sleeps(pid_t pid) {
  if (chapter.busy) {
    wait_for_spin(pid);
  } else {
    CHECK(sleeps_through_a_second(pid));
  }
}

void check_port_in_use(const std::string& program, const common::Fd& taken) {
  const std::string port = std::to_string(common::local_address(taken.get()).port());
  const Result result = run({program, "--port", port});
  CHECK(result.status == 1);
  CHECK(result.err.starts_with("bind 127.0.0.1:" + port + ": Address already in use (by "));
  CHECK(result.err.ends_with("p 'sport = :" + port + "' tells)\n"));
  CHECK(count(result.err, "\n") == 1);
}

}  // namespace lab
