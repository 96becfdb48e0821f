#include "common/clock.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>

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

}  // namespace
}  // namespace common
