#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/clock.hpp"
#include "deadlines.hpp"

using namespace std::chrono_literals;

namespace {

// No clock is asked: the time is what the test says.
constexpr common::Clock::time_point kStart{24h};
constexpr auto kNever = common::Clock::time_point::max();

/// All that are due at `now`, in the order in which they are taken out. At most ten: one that never
/// comes out fails a test, and does not hang it.
std::vector<std::uint64_t> take_all_due(Deadlines& deadlines, common::Clock::time_point now) {
  std::vector<std::uint64_t> ids;
  while (ids.size() < 10) {
    const auto id = deadlines.take_due(now);
    if (!id) break;
    ids.push_back(*id);
  }
  return ids;
}

}  // namespace

TEST_CASE("without a deadline nobody is due, and there is nothing to wake up for") {
  Deadlines deadlines;
  CHECK(deadlines.earliest() == kNever);
  CHECK(deadlines.take_due(kStart) == std::nullopt);
}

TEST_CASE("who is due comes out once, at its deadline and not before, the earliest first") {
  Deadlines deadlines;
  deadlines.set(1, kStart + 3s);
  deadlines.set(2, kStart + 1s);
  deadlines.set(3, kStart + 2s);
  CHECK(deadlines.earliest() == kStart + 1s);
  CHECK(take_all_due(deadlines, kStart + 1s - 1ns).empty());
  CHECK((take_all_due(deadlines, kStart + 2s) == std::vector<std::uint64_t>{2, 3}));
  CHECK(deadlines.earliest() == kStart + 3s);
  CHECK((take_all_due(deadlines, kStart + 1h) == std::vector<std::uint64_t>{1}));
  CHECK(deadlines.earliest() == kNever);
}

TEST_CASE("a busy connection stays, and a silent one is closed after a minute") {
  constexpr std::uint64_t kBusy = 1;
  constexpr std::uint64_t kSilent = 2;
  Deadlines deadlines;
  deadlines.set(kBusy, kStart + 1min);
  deadlines.set(kSilent, kStart + 1min);
  std::vector<std::uint64_t> closed;
  for (auto now = kStart; now <= kStart + 2min; now += 10s) {
    deadlines.set(kBusy, now + 1min);  // a byte came
    for (const std::uint64_t id : take_all_due(deadlines, now)) closed.push_back(id);
  }
  CHECK((closed == std::vector{kSilent}));
  CHECK(deadlines.earliest() == kStart + 3min);
}

TEST_CASE("a deadline can be moved to an earlier time, and to the same") {
  Deadlines deadlines;
  deadlines.set(1, kStart + 2s);
  deadlines.set(1, kStart + 1s);
  deadlines.set(1, kStart + 1s);
  CHECK(deadlines.earliest() == kStart + 1s);
  CHECK((take_all_due(deadlines, kStart + 1h) == std::vector<std::uint64_t>{1}));
}

TEST_CASE("several with the same deadline are all served") {
  Deadlines deadlines;
  for (std::uint64_t id = 1; id <= 3; ++id) deadlines.set(id, kStart);
  CHECK(take_all_due(deadlines, kStart).size() == 3);
}

TEST_CASE("who has left is not due, however often its deadline was moved, and may come back") {
  Deadlines deadlines;
  deadlines.clear(1);  // has none yet
  deadlines.set(1, kStart);
  deadlines.set(2, kStart);
  deadlines.set(1, kStart + 1s);
  deadlines.clear(1);
  CHECK((take_all_due(deadlines, kStart + 1h) == std::vector<std::uint64_t>{2}));
  CHECK(deadlines.earliest() == kNever);
  deadlines.clear(2);  // was due already
  deadlines.set(1, kStart);
  CHECK((take_all_due(deadlines, kStart) == std::vector<std::uint64_t>{1}));
}
