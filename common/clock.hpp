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

/// `duration` as a Duration, or as the longest or shortest one where it holds no more: chrono's own
/// conversion overflows, and 2,600,000 hours are a time in the past. Not a number is the shortest.
template <class Rep, class Period>
constexpr Duration saturated(std::chrono::duration<Rep, Period> duration) {
  // long double: has the range of them all, and, with 64 bits, the precision.
  const std::chrono::duration<long double, Duration::period> exact = duration;
  if (exact >= Duration::max()) return Duration::max();
  if (!(exact > Duration::min())) return Duration::min();
  return Duration(static_cast<Duration::rep>(exact.count()));
}

/// The time that is `duration` after `start`, which is not negative. Where the clock cannot express
/// it: `Clock::time_point::max()`, which is never.
template <class Rep, class Period>
constexpr Clock::time_point time_after(Clock::time_point start,
                                       std::chrono::duration<Rep, Period> duration) {
  const Duration length = saturated(duration);
  return length > Clock::time_point::max() - start ? Clock::time_point::max() : start + length;
}

/// A time limit in milliseconds, as poll(2) and epoll_wait(2) take it: 0 for a negative one, and
/// what an int holds, 24 days, for a longer one. Rounded up. Rounded down, a loop would wake
/// before its time, find nothing to do, wait for 0 milliseconds, and spin until the time has come.
inline int whole_milliseconds(Duration limit) {
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(limit).count();
  return static_cast<int>(std::clamp<std::int64_t>(whole, 0, std::numeric_limits<int>::max()));
}

/// The same for the time from `now` to `deadline`: 0 when it has passed, and -1, which is for ever,
/// for `Clock::time_point::max()`.
inline int milliseconds_until(Clock::time_point deadline, Clock::time_point now = Clock::now()) {
  if (deadline == Clock::time_point::max()) return -1;
  if (deadline <= now) return 0;  // also where the difference would overflow
  return whole_milliseconds(deadline - now);
}

}  // namespace common
