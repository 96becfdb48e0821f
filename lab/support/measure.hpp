// What does one chapter's server cost while its client runs? For demo and timeline.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "common/clock.hpp"

namespace lab {

/// The workload: how many connections at once, and the time between start and end on each.
struct Workload {
  std::uint64_t clients = 10;
  common::Duration delay = std::chrono::milliseconds(300);
};

struct Cost {
  common::Duration wall{};     ///< from the client's start to its end
  common::Duration cpu{};      ///< the server's, in user and in kernel mode
  std::size_t threads = 0;     ///< the server's, at their peak
  std::uint64_t switches = 0;  ///< the server's context switches, voluntary or not
};

/// Runs `directory`/client against `directory`/server, on a free port, until both have ended.
///
/// Calls `progress` with the time so far, all that the client has printed so far, and the server's
/// process: before the client starts, every few milliseconds while it runs, and once after its end.
/// Throws std::runtime_error, or an error derived from it, if one of the programs cannot be run,
/// does not end or exits with another status than 0, or if the client did not get all of its lines.
using Progress =
    std::function<void(common::Duration elapsed, const std::string& output, pid_t server)>;
Cost measure(const std::filesystem::path& directory, const Workload& workload,
             const Progress& progress);

}  // namespace lab
