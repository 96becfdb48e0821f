// What does a server do when it has no descriptor left for the next connection? It pauses.
#pragma once

#include <chrono>
#include <cstdint>
#include <system_error>

#include "common/clock.hpp"
#include "common/statistics.hpp"

namespace common {

/// How long accepting rests when the system has run out of something, and nothing is closed.
inline constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

/// The rest that accepting takes after EMFILE and its kin.
///
/// The connection that could not be accepted stays in the listener's queue. A loop that tried again
/// at once would spin, and one that gave up would die of a shortage that passes. So it rests until
/// one of its connections has closed, or for `kAcceptPause`: other processes use descriptors too.
class AcceptPause {
 public:
  /// Begins a pause if `error` is about resources (says so on standard error, once for a run of
  /// pauses without a success between them); throws it on if it is about anything else.
  void begin(const std::system_error& error, const Statistics& statistics);

  /// Accepting worked: the next pause is news again.
  void accepted() { announced_ = false; }

  /// True while accepting should rest.
  [[nodiscard]] bool active(const Statistics& statistics) const;

  /// When the pause ends at the latest.
  [[nodiscard]] Clock::time_point until() const { return until_; }

 private:
  Clock::time_point until_{};
  std::uint64_t served_before_ = 0;
  bool announced_ = false;
};

}  // namespace common
