#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "lab/support/watchdog.hpp"
#include "timers.hpp"

using namespace std::chrono_literals;

namespace {

// No clock is asked: the time is what the test says.
constexpr Timers::Time kStart{24h};

}  // namespace

TEST_CASE("timers run once, at their time and not before, in order") {
  const lab::Watchdog watchdog;
  Timers timers;
  std::string ran;
  timers.set(kStart + 2s, [&] { ran += 'c'; });
  timers.set(kStart + 1s, [&] { ran += 'a'; });
  timers.set(kStart + 1s, [&] { ran += 'b'; });
  timers.set(kStart + 3s, [&] { ran += 'd'; });
  timers.run(kStart + 1s - 1ns);
  CHECK(ran.empty());
  timers.run(kStart + 2s);
  CHECK(ran == "abc");
  timers.run(kStart + 1h);
  CHECK(ran == "abcd");
}

TEST_CASE("the loop sleeps until the earliest timer, and never wakes before it") {
  const lab::Watchdog watchdog;
  Timers timers;
  CHECK(timers.timeout(kStart) == -1);
  timers.set(kStart + 1h, [] {});
  const auto key = timers.set(kStart + 1500us, [] {});
  CHECK(timers.timeout(kStart) == 2);
  CHECK(timers.timeout(kStart + 500us) == 1);
  CHECK(timers.timeout(kStart + 1500us - 1ns) == 1);
  CHECK(timers.timeout(kStart + 1500us) == 0);
  CHECK(timers.timeout(kStart + 5s) == 0);
  CHECK(timers.cancel(key));
  CHECK(timers.timeout(kStart) == 3'600'000);
}

TEST_CASE("a timer that is cancelled does not run, and keeps nothing alive") {
  const lab::Watchdog watchdog;
  Timers timers;
  std::string ran;
  const auto kept = std::make_shared<int>();
  const auto a = timers.set(kStart, [&, kept] { ran += 'a'; });
  const auto b = timers.set(kStart, [&] { ran += 'b'; });
  CHECK(timers.cancel(a));
  CHECK(kept.use_count() == 1);
  CHECK(!timers.cancel(a));
  timers.run(kStart);
  CHECK(ran == "b");
  CHECK(!timers.cancel(b));
  CHECK(timers.timeout(kStart) == -1);
}

TEST_CASE("a timer may cancel another that is due in the same moment, the next and the last") {
  const lab::Watchdog watchdog;
  Timers timers;
  std::string ran;
  Timers::Key b, d;
  timers.set(kStart, [&] {
    ran += 'a';
    CHECK(timers.cancel(b));
    CHECK(timers.cancel(d));
  });
  b = timers.set(kStart, [&] { ran += 'b'; });
  timers.set(kStart + 1s, [&] { ran += 'c'; });
  d = timers.set(kStart + 2s, [&] { ran += 'd'; });
  timers.run(kStart + 1h);
  CHECK(ran == "ac");
}

TEST_CASE("a timer that runs can no longer be cancelled, also by itself") {
  const lab::Watchdog watchdog;
  Timers timers;
  std::string ran;
  Timers::Key a;
  a = timers.set(kStart, [&, kept = std::make_shared<std::string>("a")] {
    CHECK(!timers.cancel(a));
    ran += *kept;  // still there
  });
  timers.run(kStart);
  CHECK(ran == "a");
}

TEST_CASE("what a timer sets is for the next run, also if it is for now, or for earlier") {
  const lab::Watchdog watchdog;
  Timers timers;
  int ticks = 0;
  std::string ran;
  std::function<void()> tick = [&] {
    REQUIRE(++ticks < 10);
    timers.set(kStart, tick);
    timers.set(kStart - 1s, [&] { ran += 'e'; });
  };
  timers.set(kStart, tick);
  timers.set(kStart, [&] { ran += 'b'; });
  timers.run(kStart);
  CHECK(ticks == 1);
  CHECK(ran == "b");
  CHECK(timers.timeout(kStart) == 0);
  timers.run(kStart);
  CHECK(ticks == 2);
  CHECK(ran == "be");
}
