#include "common/clock.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <ratio>

namespace common {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a time limit is rounded up to whole milliseconds: who wakes early would spin") {
  CHECK(whole_milliseconds(1ns) == 1);
  CHECK(whole_milliseconds(1ms) == 1);
  CHECK(whole_milliseconds(1ms + 1ns) == 2);
}

TEST_CASE("a time limit is never below 0, nor more than an int holds") {
  CHECK(whole_milliseconds(0ns) == 0);
  CHECK(whole_milliseconds(-1ns) == 0);
  CHECK(whole_milliseconds(-1ms) == 0);
  CHECK(whole_milliseconds(Duration::min()) == 0);
  CHECK(whole_milliseconds(24h * 365) == std::numeric_limits<int>::max());
  CHECK(whole_milliseconds(Duration::max()) == std::numeric_limits<int>::max());
}

TEST_CASE("milliseconds to a deadline are rounded up, too") {
  const Clock::time_point now = Clock::now();
  CHECK(milliseconds_until(now + 1ns, now) == 1);
  CHECK(milliseconds_until(now + 1ms, now) == 1);
  CHECK(milliseconds_until(now + 1ms + 1ns, now) == 2);
}

TEST_CASE("a deadline that has passed is 0 milliseconds away, and never -1, which is for ever") {
  const Clock::time_point now = Clock::now();
  CHECK(milliseconds_until(now, now) == 0);
  CHECK(milliseconds_until(now - 1ns, now) == 0);
  CHECK(milliseconds_until(now - 5s, now) == 0);
  CHECK(milliseconds_until(Clock::time_point(), now) == 0);
}

TEST_CASE("no deadline is for ever, and one in a year is as long as an int allows") {
  CHECK(milliseconds_until(Clock::time_point::max()) == -1);
  CHECK(milliseconds_until(Clock::time_point::min()) == 0);
  CHECK(milliseconds_until(Clock::now() + 24h * 365) == std::numeric_limits<int>::max());
}

TEST_CASE("any duration becomes a Duration: cut off where it holds no more, and exact elsewhere") {
  using Thirds = std::chrono::duration<std::int64_t, std::ratio<1, 3>>;
  using Minutes = std::chrono::duration<double, std::ratio<60>>;
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  static_assert(saturated(std::chrono::hours::max()) == Duration::max());
  CHECK(saturated(std::chrono::hours::min()) == Duration::min());
  CHECK(saturated(Duration::max()) == Duration::max());
  CHECK(saturated(Duration::max() - 1ns) == Duration::max() - 1ns);
  CHECK(saturated(Duration::min() + 1ns) == Duration::min() + 1ns);
  CHECK(saturated(std::chrono::hours(2'562'047)) == std::chrono::hours(2'562'047));
  CHECK(saturated(std::chrono::hours(2'562'048)) == Duration::max());
  CHECK(saturated(std::chrono::duration<std::int64_t, std::pico>(-1'999)) == -1ns);
  CHECK(saturated(Thirds(27'000'000'001)) == 9'000'000'000s + 333'333'333ns);
  CHECK(saturated(Thirds::max()) == Duration::max());
  CHECK(saturated(Minutes(0.5)) == 30s);
  CHECK(saturated(Minutes(kInfinite)) == Duration::max());
  CHECK(saturated(Minutes(-kInfinite)) == Duration::min());
  CHECK(saturated(Minutes(std::nan(""))) == Duration::min());
}

TEST_CASE("a time later than the clock can express is never") {
  constexpr auto kNever = Clock::time_point::max();
  const auto start = Clock::time_point(1000h);
  CHECK(time_after(start, 1s) == start + 1s);
  CHECK(time_after(start, -2000h) == start - 2000h);
  CHECK(time_after(start, std::chrono::hours::min()) < start);
  CHECK(time_after(start, std::chrono::hours::max()) == kNever);
  CHECK(time_after(start, kNever - start) == kNever);
  CHECK(time_after(start, kNever - start - 1ns) == kNever - 1ns);
  CHECK(time_after(kNever, 1ns) == kNever);
}

}  // namespace
}  // namespace common
