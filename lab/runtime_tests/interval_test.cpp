// Does an interval tick as often as it says, whatever happens between its ticks? With a virtual
// clock, so that no test waits.

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;

/// The times of the ticks, in seconds since the first, of an interval of 10 s whose task is busy
/// for `busy` after each.
Async<std::vector<int>> ticks(MissedTick missed, std::vector<std::chrono::seconds> busy) {
  std::vector<int> times;
  const auto start = now();
  Interval every = interval(10s, missed);
  for (const auto work : busy) {
    co_await every.tick();
    times.push_back(static_cast<int>((now() - start) / 1s));
    co_await sleep(work);
  }
  co_return times;
}

TEST_CASE("an interval ticks at its start, and does not drift") {
  CHECK(block_on(ticks(MissedTick::burst, {0s, 3s, 9s, 0s, 10s, 1s}), kVirtual) ==
        std::vector{0, 10, 20, 30, 40, 50});
}

TEST_CASE("missed ticks come at once, as a burst") {
  CHECK(block_on(ticks(MissedTick::burst, {0s, 25s, 0s, 0s, 0s, 0s}), kVirtual) ==
        std::vector{0, 10, 35, 35, 40, 50});
}

TEST_CASE("after a missed tick with delay, the next ones keep their distance") {
  CHECK(block_on(ticks(MissedTick::delay, {0s, 25s, 0s, 0s, 8s, 0s}), kVirtual) ==
        std::vector{0, 10, 35, 45, 55, 65});
}

TEST_CASE("with skip, missed ticks are left out, and the others come when they were planned") {
  CHECK(block_on(ticks(MissedTick::skip, {0s, 25s, 0s, 0s, 8s, 0s}), kVirtual) ==
        std::vector{0, 10, 35, 40, 50, 60});
}

TEST_CASE("to be late by less than a period misses nothing, whatever is chosen") {
  for (const auto missed : {MissedTick::burst, MissedTick::delay, MissedTick::skip}) {
    CHECK(block_on(ticks(missed, {0s, 15s, 2s, 0s, 10s, 0s}), kVirtual) ==
          std::vector{0, 10, 25, 30, 40, 50});
  }
}

Async<> send_every(Duration pause, Sender<int> sender) {
  for (int i = 0; i < 100; ++i) {
    co_await sleep(pause);
    static_cast<void>(sender.try_send(i));
  }
}

Async<std::pair<int, int>> values_and_ticks() {
  auto channel = mpsc<int>(4);
  spawn(send_every(100ms, std::move(channel.sender))).detach();
  std::pair counts(0, 0);
  Interval every(1s);
  co_await every.tick();
  for (;;) {
    const auto first = co_await select(every.tick(), channel.receiver.receive());
    if (first.index() == 0) {
      ++counts.second;
    } else if (std::get<1>(first)) {
      ++counts.first;
    } else {
      co_return counts;
    }
  }
}

TEST_CASE("an interval that loses every select but one in ten ticks all the same") {
  CHECK(block_on(values_and_ticks(), kVirtual) == std::pair(100, 10));
}

TEST_CASE("a task that is behind its interval lets others run before each tick") {
  constexpr int kTicks = 200;
  const auto counts = [](int& turns) -> Async<> {
    for (;;) {
      ++turns;
      co_await yield_now();
    }
  };
  const auto main = [](auto other, int& others) -> Async<> {
    Interval every(1ms);
    co_await every.tick();
    co_await sleep(std::chrono::milliseconds(kTicks + 1));
    spawn(other(others)).detach();
    for (int i = 0; i < kTicks; ++i) co_await every.tick();
  };
  int others = 0;
  block_on(main(counts, others), kVirtual);
  CHECK(others >= kTicks - 1);
  CHECK(others <= kTicks + 1);
}

TEST_CASE("an interval's period is longer than zero, and may be longer than the clock is") {
  for (const Duration period : {0ns, -1ns, Duration::min()}) {
    CHECK_THROWS_AS(Interval{period}, std::invalid_argument);
  }
  CHECK_THROWS_AS(Interval{std::chrono::hours::min()}, std::invalid_argument);
  using Float = std::chrono::duration<double>;
  CHECK_THROWS_AS(Interval{Float(std::numeric_limits<double>::quiet_NaN())}, std::invalid_argument);
  CHECK_THROWS_AS(Interval{Float(1e-12)}, std::invalid_argument);
  const auto ends_early = [](auto period) -> Async<bool> {
    Interval every(period);
    co_await every.tick();
    co_await sleep(1h);
    auto tick = every.tick();
    co_return co_await timeout(24h * 365 * 100, tick);
  };
  for (const auto missed : {std::chrono::hours::max(), std::chrono::hours(24 * 365 * 300)}) {
    CHECK_FALSE(block_on(ends_early(missed), kVirtual));
  }
  CHECK_FALSE(block_on(ends_early(Duration::max()), kVirtual));
}

}  // namespace
}  // namespace runtime
