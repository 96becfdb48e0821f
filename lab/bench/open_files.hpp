// How many connections may a process hold? As many as it may have open files, less a few.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "common/error.hpp"
#include "common/process.hpp"

namespace bench {

/// Connections are opened so many at a time: fewer than may wait to be accepted.
inline constexpr std::uint64_t kBatch = 256;

/// Raises the limit of open files, and throws std::runtime_error where so many connections are more
/// than it allows: each is an open file of this process, and of the server.
inline void require_open_files(std::uint64_t connections) {
  constexpr rlim_t kOthers = 64;  // what is open besides connections
  common::raise_file_limit();
  rlimit limit{};
  common::check(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  const rlim_t most = limit.rlim_cur - std::min(limit.rlim_cur, kOthers);
  if (connections <= most) return;
  throw std::runtime_error("only " + std::to_string(limit.rlim_cur) +
                           " open files are allowed: try " + std::to_string(most) + " connections");
}

}  // namespace bench
