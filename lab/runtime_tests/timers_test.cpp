// Does time pass as it should? With a virtual clock, so that no test waits.

#include "runtime/time/timers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include "support.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;

const Options kVirtual{.virtual_clock = true};

Async<> note_after(Duration duration, int number, std::vector<int>& order) {
  co_await sleep(duration);
  order.push_back(number);
}

Async<> join_all(std::vector<JoinHandle<void>> handles) {
  for (auto& handle : handles) co_await handle;
}

Async<> many_sleeps(std::vector<int>& order, std::vector<int> durations) {
  std::vector<JoinHandle<void>> handles;
  for (const int duration : durations) {
    handles.push_back(spawn(note_after(duration * 1min, duration, order)));
  }
  co_await join_all(std::move(handles));
}

TEST_CASE("sleeps end in the order of their deadlines, and hours of them take no time") {
  std::vector<int> durations(1000);
  for (int i = 0; i < 1000; ++i) durations[static_cast<std::size_t>(i)] = i;
  std::shuffle(durations.begin(), durations.end(), std::mt19937(1));
  std::vector<int> order;
  block_on(many_sleeps(order, durations), kVirtual);
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(order.size() == 1000);
}

TEST_CASE("of many timers, those that are destroyed never fire, and the others do in order") {
  Timers timers(true);
  CountingWaker task;
  std::mt19937 random(2);
  std::vector<std::unique_ptr<Timer>> set;
  std::vector<Clock::time_point> deadlines;
  for (int i = 0; i < 2000; ++i) {
    const Clock::time_point deadline{std::chrono::seconds(random() % 500 + 1)};
    set.push_back(std::make_unique<Timer>());
    timers.set(*set.back(), deadline, Waker(task));
    deadlines.push_back(deadline);
  }
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (random() % 2 == 0) set[i].reset();
  }
  std::size_t left = static_cast<std::size_t>(
      std::count_if(set.begin(), set.end(), [](const auto& timer) { return timer != nullptr; }));
  CHECK(task.wakers() == static_cast<int>(left));
  Clock::time_point last{};
  while (const auto next = timers.next()) {
    CHECK(*next >= last);
    last = *next;
    CHECK(timers.jump());
    left -= timers.fire();
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (set[i]) CHECK(set[i]->fired() == (deadlines[i] <= last));
    }
  }
  CHECK(left == 0);
  CHECK(task.wakers() == 0);
}

TEST_CASE("a set timer that is now the first is told, so that a driver asleep can be woken") {
  Timers timers(true);
  CountingWaker task;
  Timer late, early, middle;
  CHECK(timers.set(late, Clock::time_point(3s), Waker(task)));
  CHECK(timers.set(early, Clock::time_point(1s), Waker(task)));
  CHECK_FALSE(timers.set(middle, Clock::time_point(2s), Waker(task)));
}

Async<> sleep_counts_from_the_call() {
  const auto start = now();
  auto first = sleep(2s);
  co_await sleep(1s);
  co_await first;
  CHECK(now() - start == 2s);
  co_await sleep(0s);
  co_await sleep(-1s);
  co_await sleep_until(start);
  CHECK(now() - start == 2s);
}

TEST_CASE("a sleep counts from its call, and one that is over does not wait") {
  block_on(sleep_counts_from_the_call(), kVirtual);
}

Async<int> answer_after(Duration duration) {
  co_await sleep(duration);
  co_return 42;
}

Async<> time_limits() {
  const auto in_time = co_await timeout(2s, answer_after(1s));
  CHECK(in_time == 42);
  const auto late = co_await timeout(1s, answer_after(2s));
  CHECK_FALSE(late.has_value());
  const auto tie = co_await timeout(1s, answer_after(1s));
  CHECK(tie == 42);
  const bool nothing = co_await timeout(1s, sleep(2s));
  CHECK_FALSE(nothing);
  auto kept = answer_after(2s);
  const auto not_yet = co_await timeout(1s, kept);
  CHECK_FALSE(not_yet.has_value());
  const int at_last = co_await kept;
  CHECK(at_last == 42);
  const auto inner = co_await timeout(3s, timeout(1s, sleep(2s)));
  CHECK(inner == false);
  CHECK_FALSE(Handle::current().timers().next().has_value());
}

TEST_CASE("a time limit gives the result or nothing, leaves an lvalue alone, and no timer behind") {
  block_on(time_limits(), kVirtual);
}

Async<> ticks() {
  const auto start = now();
  Interval every = interval(10s);
  co_await every.tick();
  CHECK(now() - start == 0s);
  co_await every.tick();
  CHECK(now() - start == 10s);
  co_await sleep(25s);  // late by more than two
  co_await every.tick();
  co_await every.tick();
  CHECK(now() - start == 35s);
  co_await every.tick();
  CHECK(now() - start == 40s);
}

TEST_CASE("an interval does not drift, and missed ticks come at once") {
  block_on(ticks(), kVirtual);
}

Async<Duration> real_sleep(std::uint64_t& turns) {
  const auto reactor = Handle::current().reactor();
  const std::uint64_t before = reactor->turns();
  const auto start = now();
  co_await sleep(5ms);
  turns = reactor->turns() - before;
  co_return now() - start;
}

TEST_CASE("a real sleep is never too short, and does not spin through its last millisecond") {
  for (const std::size_t workers : {0u, 1u, 2u}) {
    std::uint64_t turns = 0;
    CHECK(block_on(real_sleep(turns), {.workers = workers}) >= 5ms);
    CHECK(turns <= 4);
  }
}

Async<> earlier_than_the_driver_sleeps() {
  auto late = spawn(answer_after(1h));
  co_await sleep(1ms);  // the driver sleeps, or is about to, for an hour
  late.abort();
}

TEST_CASE("an earlier timer, set by another worker, wakes the driver") {
  for (const auto driven_by : {DrivenBy::idle_worker, DrivenBy::background_thread}) {
    for (int i = 0; i < 50; ++i) {
      block_on(earlier_than_the_driver_sleeps(), {.workers = 2, .driven_by = driven_by});
    }
  }
}

TEST_CASE("a virtual clock goes without workers, and says so") {
  CHECK_THROWS_AS(block_on(Never(), {.workers = 1, .virtual_clock = true}), std::invalid_argument);
}

}  // namespace
}  // namespace runtime
