// Does a server stay as it is, however long clients come and go? One is watched here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "common/clock.hpp"
#include "visitor.hpp"

namespace soak {

struct Settings {
  common::Duration duration = std::chrono::minutes(10);
  std::uint64_t visitors = 4;                             ///< at the same time
  common::Duration rest = std::chrono::milliseconds(50);  ///< of a visitor, at most, between visits
  std::size_t margin = 2 * 1024 * 1024;                   ///< bytes that are no leak yet
  common::Duration grace = std::chrono::minutes(1);       ///< to close what all clients have left
  std::uint64_t seed = 1;
};

/// What was seen of one server.
struct Figures {
  std::uint64_t visits = 0;
  std::size_t resident_first = 0;  ///< bytes, at their peak in the first half
  std::size_t resident_second = 0;
  std::size_t files = 0;  ///< open before the first visit, and after the last
  std::size_t files_peak = 0;
  std::size_t threads = 0;
  std::size_t threads_peak = 0;
  common::Duration cpu{};
};

/// Has visitors come to `program`, as long as `settings` say. Then the server is stopped.
///
/// Throws std::runtime_error, or an error derived from it, if the server did wrong to somebody,
/// died, keeps descriptors or threads when all have gone, has grown in the second half by more than
/// the margin, or has not counted all visitors.
Figures soak(const std::filesystem::path& program, lab::Protocol protocol,
             const Settings& settings);

}  // namespace soak
