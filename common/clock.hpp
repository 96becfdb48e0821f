// Which clock does everybody use? The one that never jumps.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

namespace common {

/// Time for deadlines and measurements: CLOCK_MONOTONIC, see clock_gettime(2).
using Clock = std::chrono::steady_clock;

/// A length of time, fine enough for both.
using Duration = Clock::duration;

/// The time from `now` to `deadline` in milliseconds, as poll(2) and epoll_wait(2) take it: 0 when
/// it has passed, -1, which is for ever, for `Clock::time_point::max()`. Rounded up: who wakes
/// before the deadline finds nothing to do, asks for 0 milliseconds, and spins until it has come.
inline int milliseconds_until(Clock::time_point deadline, Clock::time_point now = Clock::now()) {
  if (deadline == Clock::time_point::max()) return -1;
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(rest, 0, std::numeric_limits<int>::max()));
}

}  // namespace common
