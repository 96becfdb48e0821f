// Does time pass as it should? With a virtual clock, so that no test waits.

#include "runtime/time/timers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <ratio>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "support.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;

Async<> note_after(Duration duration, int number, std::vector<int>& order) {
  co_await sleep(duration);
  order.push_back(number);
}

Async<> await_all(std::vector<JoinHandle<void>> handles) {
  for (auto& handle : handles) co_await handle;
}

Async<> many_sleeps(std::vector<int>& order, std::vector<int> durations) {
  std::vector<JoinHandle<void>> handles;
  for (const int duration : durations) {
    handles.push_back(spawn(note_after(duration * 1min, duration, order)));
  }
  co_await await_all(std::move(handles));
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

// --- Who is first, and what it costs the others ---

Async<> note_at(Clock::time_point deadline, int number, std::vector<int>& order) {
  co_await sleep_until(deadline);
  order.push_back(number);
}

Async<> equal_deadlines(std::vector<int>& order, int count) {
  std::vector<JoinHandle<void>> handles;
  const auto deadline = now() + 1s;
  for (int i = 0; i < count; ++i) handles.push_back(spawn(note_at(deadline, i, order)));
  co_await await_all(std::move(handles));
}

TEST_CASE("of sleeps until one moment, the first to be polled is the first to wake") {
  std::vector<int> order;
  block_on(equal_deadlines(order, 100), kVirtual);
  CHECK(order.size() == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("timers with equal deadlines fire in the order of their setting, also among others") {
  constexpr int kTimers = 1000;
  Timers timers(true);
  std::vector<int> fired;
  std::vector<std::unique_ptr<CallingWaker>> tasks;
  std::vector<std::unique_ptr<Timer>> set;
  std::mt19937 random(3);
  std::vector<std::pair<unsigned, int>> expected;  // the deadline, and which
  for (int i = 0; i < kTimers; ++i) {
    const auto seconds = static_cast<unsigned>(random() % 5 + 1);
    tasks.push_back(std::make_unique<CallingWaker>([&fired, i] { fired.push_back(i); }));
    set.push_back(std::make_unique<Timer>());
    timers.set(*set.back(), Clock::time_point(std::chrono::seconds(seconds)), Waker(*tasks.back()));
    expected.emplace_back(seconds, i);
  }
  std::erase_if(expected, [&](const auto& one) {
    if (random() % 3 != 0) return false;
    set[static_cast<std::size_t>(one.second)]->cancel();
    return true;
  });
  std::sort(expected.begin(), expected.end());
  while (timers.jump() && timers.fire() > 0) {
  }
  CHECK(std::equal(fired.begin(), fired.end(), expected.begin(), expected.end(),
                   [](int number, const auto& one) { return number == one.second; }));
}

Async<> counts_its_turns(int& turns) {
  for (;;) {
    ++turns;
    co_await yield_now();
  }
}

TEST_CASE("a loop on sleeps that are over lets other tasks run") {
  constexpr int kSleeps = 10'000;
  const auto main = [](int& others) -> Async<> {
    spawn(counts_its_turns(others)).detach();
    for (int i = 0; i < kSleeps; ++i) co_await sleep(0ms);
  };
  int others = 0;
  block_on(main(others), kVirtual);
  CHECK(others >= kSleeps / Context::kBudget);
}

TEST_CASE("a sleep spends of the budget when it is over, and nothing while it waits") {
  const auto main = [] {
    Sleep fired = sleep(1s);
    Sleep waits = sleep(1h);
    Sleep over = sleep(0s);
    return poll_fn([fired = std::move(fired), waits = std::move(waits), over = std::move(over),
                    polls = 0](Context& context) mutable -> Poll<void> {
      ++polls;
      for (int i = 0; i < 2 * Context::kBudget; ++i) {
        CHECK_FALSE(waits.poll(context).is_ready());
      }
      CHECK_FALSE(context.is_spent());
      Sleep& looked_at = polls == 1 ? over : fired;
      if (!looked_at.poll(context).is_ready()) return pending;
      if (polls == 1) {
        CHECK_FALSE(fired.poll(context).is_ready());
      }
      for (int i = 1; i < Context::kBudget; ++i) CHECK(looked_at.poll(context).is_ready());
      CHECK(context.is_spent());
      if (polls == 1) return pending;
      return done;
    });
  };
  const auto run = [&]() -> Async<> { co_await main(); };
  block_on(run(), kVirtual);
}

TEST_CASE("a waker that is woken by a timer may set and cancel others") {
  Timers timers(true);
  CountingWaker task;
  Timer first, second, third;
  CallingWaker calls([&] {
    second.cancel();
    timers.set(third, Clock::time_point(3s), Waker(task));
  });
  timers.set(first, Clock::time_point(1s), Waker(calls));
  timers.set(second, Clock::time_point(2s), Waker(task));
  CHECK(timers.jump());
  CHECK(timers.fire() == 1);
  CHECK(timers.next() == Clock::time_point(3s));
  CHECK(task.wakers() == 1);
}

/// Calls a function when a waker of it is dropped.
class AtDrop final : public Wakeable {
 public:
  explicit AtDrop(std::function<void()> function) : function_(std::move(function)) {}
  void wake() noexcept override { woken = true; }
  void add_ref() noexcept override {}
  void release() noexcept override { function_(); }

  bool woken = false;

 private:
  std::function<void()> function_;
};

TEST_CASE("when a runtime ends its timers are unset, and what its wakers drop may use timers") {
  Timers timers(true);
  CountingWaker task;
  Timer first, second, third;
  AtDrop drops([&] {
    for (Timer* timer : {&first, &second, &third}) timer->cancel();
  });
  timers.set(second, Clock::time_point(2s), Waker(task));
  timers.set(third, Clock::time_point(3s), Waker(drops));
  timers.set(first, Clock::time_point(1s), Waker(drops));
  timers.clear();
  CHECK_FALSE(drops.woken);
  CHECK(task.wakes() == 0);
  CHECK(task.wakers() == 0);
  CHECK_FALSE(timers.next());
  for (const Timer* timer : {&first, &second, &third}) {
    CHECK_FALSE(timer->waits());
    CHECK_FALSE(timer->fired());
  }
}

TEST_CASE("a timer that was cancelled may be set anew, in other timers, and outlive both") {
  CountingWaker task;
  Timer timer;
  for (int i = 0; i < 2; ++i) {
    const auto timers = Ref<Timers>::adopt(new Timers(true));
    timers->set(timer, Clock::time_point(1s), Waker(task));
    if (i == 0) timer.cancel();
  }
  CHECK(timer.waits());
  timer.cancel();
  CHECK(task.wakers() == 0);
}

// --- Two runtimes ---

Async<> poll_once_and_leave(Sleep& sleeps) {
  auto yields = yield_now();
  co_await select(sleeps, yields);
}

Async<Duration> time_of(Sleep& sleeps) {
  const auto start = now();
  co_await sleeps;
  co_return now() - start;
}

TEST_CASE("a sleep that one runtime has polled goes on in the next one") {
  Sleep sleeps(Clock::time_point(5s));
  block_on(poll_once_and_leave(sleeps), kVirtual);
  CHECK(block_on(time_of(sleeps), kVirtual) == 5s);
  CHECK(block_on(time_of(sleeps), kVirtual) == 0s);  // it is over for good
  for (const Options& options : executors()) {
    Sleep real = sleep(1ms);
    block_on(poll_once_and_leave(real), options);
    CHECK(block_on(time_of(real), options) <= 1s);
  }
}

TEST_CASE("an interval and a timeout that one runtime has polled go on in the next one") {
  Interval every(10s);
  auto limited = timeout(15s, Never());
  const auto poll_both = [](Interval& interval, auto& limit) -> Async<> {
    co_await interval.tick();
    auto tick = interval.tick();
    co_await select(tick, limit, yield_now());
  };
  const auto await_both = [](Interval& interval, auto& limit) -> Async<Duration> {
    const auto start = now();
    co_await interval.tick();
    const bool in_time = co_await limit;
    CHECK_FALSE(in_time);
    co_return now() - start;
  };
  // Made outside, by the real clock, whose time is later than all that a virtual one begins with.
  block_on(poll_both(every, limited), kVirtual);
  CHECK(block_on(await_both(every, limited), kVirtual) >= 15s);
}

TEST_CASE("a sleep that waits in a runtime that runs throws in another one, and is not lost") {
  Sleep sleeps = sleep(1h);
  Flag polled;
  Flag asked;
  std::thread other([&] {
    block_on(poll_fn([&, first = true](Context& context) mutable -> Poll<void> {
      if (!std::exchange(first, false)) return done;
      CHECK_FALSE(sleeps.poll(context).is_ready());
      polled.set();
      asked.wait();
      context.wake_self();
      return pending;
    }));
  });
  polled.wait();
  CHECK_THROWS_AS(block_on(time_of(sleeps)), WrongRuntime);
  asked.set();
  other.join();
  sleeps.reset(now());
  CHECK_NOTHROW(block_on(time_of(sleeps)));
}

TEST_CASE("timers are destroyed on another thread while their runtime ends") {
  constexpr int kRounds = 300;
  std::vector<std::optional<Sleep>> sleeps(4);
  Rounds round(kRounds, [&](int) {
    for (auto& one : sleeps) one.reset();
  });
  const auto poll_all = [](std::vector<std::optional<Sleep>>& all) {
    return poll_fn([&all](Context& context) -> Poll<void> {
      for (auto& one : all) CHECK_FALSE(one->poll(context).is_ready());
      return done;
    });
  };
  for (int i = 0; i < kRounds; ++i) {
    for (auto& one : sleeps) one.emplace(Clock::now() + 1h);
    const auto executor = make_executor({}, {});
    static_cast<void>(
        run_in(*executor, then(poll_all(sleeps), [&] { round.begin(); }), Place::here()));
    round.end();
  }
}

// --- Long ones ---

TEST_CASE("a duration that the clock cannot express is for ever, or over at once") {
  using Thirds = std::chrono::duration<std::int64_t, std::ratio<1, 3>>;
  using Small = std::chrono::duration<std::int8_t, std::ratio<3600 * 24 * 365>>;
  constexpr auto kNever = Clock::time_point::max();
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  const auto check = [&](auto longest, auto shortest) {
    CHECK(sleep(longest).deadline() == kNever);
    CHECK(sleep(shortest).deadline() < Clock::now());
  };
  check(std::chrono::hours::max(), std::chrono::hours::min());
  check(std::chrono::seconds::max(), std::chrono::seconds::min());
  check(Duration::max(), Duration::min());
  check(std::chrono::hours(24 * 365 * 300), std::chrono::hours(-24 * 365 * 300));
  check(Thirds::max(), Thirds::min());
  check(std::chrono::duration<double>(kInfinite), std::chrono::duration<double>(-kInfinite));
  check(std::chrono::duration<float, std::ratio<3600>>(1e30f),
        std::chrono::duration<double>(std::nan("")));
  CHECK(sleep(Small(100)).deadline() > Clock::now() + 24h * 365 * 99);
}

TEST_CASE("a timeout of for ever gives the result, and one of less than nothing asks once") {
  const auto main = []() -> Async<> {
    const auto longest = co_await timeout(std::chrono::hours::max(), answer_after(1h));
    CHECK(longest == 42);
    const auto centuries = co_await timeout(std::chrono::hours(24 * 365 * 300), answer_after(1h));
    CHECK(centuries == 42);
    const auto shortest = co_await timeout(std::chrono::hours::min(), answer_after(1h));
    CHECK_FALSE(shortest.has_value());
    const auto ready_now = co_await timeout(std::chrono::hours::min(), ready(7));
    CHECK(ready_now == 7);
    const auto at = co_await timeout_at(now() + 1s, answer_after(2s));
    CHECK_FALSE(at.has_value());
    const auto just_at = co_await timeout_at(now() + 1s, answer_after(1s));
    CHECK(just_at == 42);
  };
  block_on(main(), kVirtual);
}

TEST_CASE("a timeout ends a future that spends the whole budget in every poll") {
  const auto busy = []() -> Async<> {
    for (;;) co_await sleep(0s);
  };
  const auto main = [](auto loops) -> Async<bool> { co_return co_await timeout(2ms, loops()); };
  CHECK_FALSE(block_on(main(busy)));
}

TEST_CASE("a loop on timeouts that are over lets other tasks run") {
  const auto main = [](int& others) -> Async<> {
    spawn(counts_its_turns(others)).detach();
    for (int i = 0; i < 1000; ++i) co_await timeout(0s, Never());
  };
  int others = 0;
  block_on(main(others), kVirtual);
  CHECK(others >= 1000 / Context::kBudget);
}

// --- With the real clock ---

/// Sleeps, and returns how many times the driver waited meanwhile.
Async<std::uint64_t> real_sleep() {
  const auto reactor = Handle::current().reactor();
  const std::uint64_t before = reactor->turns();
  const auto start = now();
  co_await sleep(5ms);
  CHECK(now() - start >= 5ms);
  co_return reactor->turns() - before;
}

TEST_CASE("a real sleep is never too short, and does not spin through its last millisecond") {
  for (const std::size_t workers : {0u, 1u, 2u}) {
    for (int waited = 0; waited < 5;) {
      const std::uint64_t turns = block_on(real_sleep(), {.workers = workers});
      CHECK(turns <= 4);
      // None, if the thread itself had to wait for a core until the sleep was over.
      if (turns > 0) ++waited;
    }
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
