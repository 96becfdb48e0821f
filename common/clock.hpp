// Which clock does everybody use? The one that never jumps.
#pragma once

#include <chrono>

namespace common {

/// Time for deadlines and measurements: CLOCK_MONOTONIC, see clock_gettime(2).
using Clock = std::chrono::steady_clock;

/// A length of time, fine enough for both.
using Duration = Clock::duration;

}  // namespace common
