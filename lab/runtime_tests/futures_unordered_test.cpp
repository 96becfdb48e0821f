// Does FuturesUnordered poll those alone that were woken, lose no wake and no result, and let go of
// each future once? Races are named after their interleaving.

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "support.hpp"

namespace runtime {
namespace {

using Numbers = FuturesUnordered<Async<int>>;

/// A future of each gate, whose result is the gate's number.
void push_all(Numbers& set, std::vector<Gate>& gates, Lives& lives) {
  int number = 0;
  for (Gate& gate : gates) set.push(number_after(gate.wait(), number++, Counted(lives)));
}

/// A child that calls `inside` in each poll, with its own context.
using Inside = std::function<Poll<int>(Context&)>;
using Hooks = FuturesUnordered<PollFn<Inside>>;
PollFn<Inside> hook(Inside inside) {
  return poll_fn(std::move(inside));
}

/// Wakes it on another thread, and waits until that is done.
void wake_elsewhere(const Waker& waker) {
  std::thread([&waker] { waker.wake(); }).join();
}

// --- What it promises ---

TEST_CASE("results come in the order in which the futures are ready, and then nothing") {
  std::vector<Gate> gates(3);
  Lives lives;
  CountingWaker task;
  Numbers set;
  CHECK(set.empty());
  push_all(set, gates, lives);
  CHECK(set.size() == 3);
  auto next = set.next();
  CHECK_FALSE(poll_for(task, next).is_ready());
  gates[2].open();
  gates[0].open();
  CHECK(poll_for(task, next).take() == 2);
  CHECK(set.size() == 2);
  auto second = set.next();
  CHECK(poll_for(task, second).take() == 0);
  auto third = set.next();
  CHECK_FALSE(poll_for(task, third).is_ready());
  gates[1].open();
  CHECK(poll_for(task, third).take() == 1);
  CHECK(set.empty());
  auto none = set.next();
  CHECK(poll_for(task, none).take() == std::nullopt);
  CHECK(task.wakers() == 0);
}

TEST_CASE("void, references and what can only be moved come out of a set") {
  FuturesUnordered<Ready<void>> nothing;
  nothing.push(ready());
  const std::optional<Done> one = result_of(nothing.next());
  CHECK(one.has_value());
  CHECK_FALSE(result_of(nothing.next()).has_value());

  int object = 0;
  FuturesUnordered<Ready<int&>> references;
  references.push(Ready<int&>(&object));
  CHECK(result_of(references.next()) == &object);

  FuturesUnordered<Ready<std::unique_ptr<int>>> owners;
  owners.push(ready(std::make_unique<int>(7)));
  const auto owner = result_of(owners.next());
  REQUIRE(owner.has_value());
  CHECK(**owner == 7);
}

TEST_CASE("a wake polls the child that was woken, and no other") {
  std::vector<Gate> gates(10);
  Lives lives;
  CountingWaker task;
  Numbers set;
  push_all(set, gates, lives);
  auto next = set.next();
  CHECK_FALSE(poll_for(task, next).is_ready());
  gates[3].knock();
  CHECK(task.wakes() == 1);
  CHECK_FALSE(poll_for(task, next).is_ready());
  CHECK_FALSE(poll_for(task, next).is_ready());  // nobody was woken
  for (std::size_t i = 0; i < 10; ++i) CHECK(gates[i].polls() == (i == 3 ? 2 : 1));
}

TEST_CASE("of 100,000 children, one that is woken is polled once, and no other") {
  constexpr int kChildren = 100'000;
  int polls = 0;
  std::vector<Waker> wakers(kChildren);
  CountingWaker task;
  Hooks set;
  for (Waker& waker : wakers) {
    set.push(hook([&polls, &waker](Context& context) -> Poll<int> {
      ++polls;
      waker = context.waker();
      return pending;
    }));
  }
  auto next = set.next();
  while (polls < kChildren) CHECK_FALSE(poll_for(task, next).is_ready());
  for (std::size_t i = 0; i < kChildren; i += 9'999) {
    const int before = polls;
    wakers[i].wake();
    CHECK_FALSE(poll_for(task, next).is_ready());
    CHECK(polls == before + 1);
  }
  CHECK(polls == kChildren + 11);
}

TEST_CASE("several wakes before the poll are one, for the child and for the task") {
  int polls = 0;
  std::vector<Waker> wakers;
  CountingWaker task;
  Hooks set;
  for (int i = 0; i < 2; ++i) {
    set.push(hook([&](Context& context) -> Poll<int> {
      ++polls;
      wakers.push_back(context.waker());
      return pending;
    }));
  }
  auto next = set.next();
  CHECK_FALSE(poll_for(task, next).is_ready());
  for (int i = 0; i < 3; ++i) wakers[0].wake();
  wakers[1].wake();
  CHECK(task.wakes() == 1);
  CHECK_FALSE(poll_for(task, next).is_ready());
  CHECK(polls == 4);
}

TEST_CASE("a future is destroyed before its result is returned, and the others with the set") {
  std::vector<Gate> gates(3);
  Lives lives;
  CountingWaker task;
  {
    Numbers set;
    push_all(set, gates, lives);
    auto next = set.next();
    CHECK_FALSE(poll_for(task, next).is_ready());
    gates[1].open();
    CHECK(poll_for(task, next).is_ready());
    CHECK(lives.ended == 1);
    gates[2].knock();  // one in the ready queue, one that waits
  }
  CHECK(lives.made == 3);
  CHECK(lives.ended == 3);
  CHECK(task.wakers() == 0);
}

TEST_CASE("an error comes out of next, its future is gone, and the others go on") {
  std::vector<Gate> gates(3);
  Gate fails;
  Lives lives;
  Numbers set;
  push_all(set, gates, lives);
  set.push(fails_after(fails.wait(), Counted(lives)));
  auto next = set.next();
  CHECK_FALSE(poll_once(next).is_ready());
  fails.open();
  gates[2].open();
  CHECK_THROWS_WITH(static_cast<void>(poll_once(next)), "child");
  CHECK(lives.ended == 1);
  CHECK(set.size() == 3);
  CHECK(result_of(set.next()) == 2);
  gates[0].open();
  CHECK(result_of(set.next()) == 0);
}

TEST_CASE("next dropped while it waits leaves no waiter, and loses no result and no future") {
  std::vector<Gate> gates(2);
  Lives lives;
  CountingWaker task;
  Numbers set;
  push_all(set, gates, lives);
  {
    auto next = set.next();
    CHECK_FALSE(poll_for(task, next).is_ready());
    CHECK(task.wakers() == 1);
  }
  CHECK(task.wakers() == 0);
  gates[1].open();
  CHECK(task.wakes() == 0);
  CHECK(set.size() == 2);
  { const auto never_polled = set.next(); }
  CHECK(result_of(set.next()) == 1);
}

TEST_CASE("next dropped between the wake and the poll loses no result") {
  std::vector<Gate> gates(2);
  Lives lives;
  CountingWaker task;
  Numbers set;
  push_all(set, gates, lives);
  {
    auto next = set.next();
    CHECK_FALSE(poll_for(task, next).is_ready());
    gates[1].open();
    CHECK(task.wakes() == 1);
  }
  CHECK(task.wakers() == 0);
  CHECK(result_of(set.next()) == 1);
}

TEST_CASE("next dropped with its budget spent loses no wake") {
  constexpr int kChildren = Context::kBudget + 1;
  int polls = 0;
  CountingWaker task;
  Hooks set;
  for (int i = 0; i < kChildren; ++i) {
    set.push(hook([&polls](Context&) -> Poll<int> {
      ++polls;
      return pending;
    }));
  }
  {
    auto next = set.next();
    CHECK_FALSE(poll_for(task, next).is_ready());
    CHECK(polls == Context::kBudget);
  }
  auto next = set.next();
  CHECK_FALSE(poll_for(task, next).is_ready());
  CHECK(polls == kChildren);
}

TEST_CASE("a Next that was never polled takes nobody's waker") {
  Gate gate;
  Lives lives;
  CountingWaker task;
  Numbers set;
  set.push(number_after(gate.wait(), 7, Counted(lives)));
  auto next = set.next();
  CHECK_FALSE(poll_for(task, next).is_ready());
  { const auto never_polled = set.next(); }
  gate.open();
  CHECK(task.wakes() == 1);
}

TEST_CASE("of two tasks that polled next, the last one is woken") {
  Gate gate;
  Lives lives;
  CountingWaker first;
  CountingWaker last;
  Numbers set;
  set.push(number_after(gate.wait(), 7, Counted(lives)));
  auto next = set.next();
  CHECK_FALSE(poll_for(first, next).is_ready());
  CHECK_FALSE(poll_for(last, next).is_ready());
  CHECK(first.wakers() == 0);
  gate.open();
  CHECK(first.wakes() == 0);
  CHECK(last.wakes() == 1);
}

TEST_CASE("push between two polls wakes the task that waits, and the new future is polled") {
  std::vector<Gate> gates(1);
  Lives lives;
  CountingWaker task;
  Numbers set;
  push_all(set, gates, lives);
  auto next = set.next();
  CHECK_FALSE(poll_for(task, next).is_ready());
  Gate opened;
  opened.open();
  set.push(number_after(opened.wait(), 7, Counted(lives)));
  CHECK(task.wakes() == 1);
  CHECK(poll_for(task, next).take() == 7);
}

TEST_CASE("push during next: a future may push another, which is polled in the same poll") {
  CountingWaker task;
  Hooks set;
  set.push(hook([&](Context&) -> Poll<int> {
    set.push(hook([](Context&) -> Poll<int> { return 7; }));
    return pending;
  }));
  auto next = set.next();
  CHECK(poll_for(task, next).take() == 7);
  CHECK(set.size() == 1);
}

TEST_CASE("push by a future's destructor, while the set is destroyed: that one is destroyed too") {
  Lives lives;
  {
    Hooks set;
    auto at_end = std::make_shared<AtEnd>([&] {
      set.push(
          hook([life = std::make_shared<Counted>(lives)](Context&) -> Poll<int> { return 1; }));
    });
    set.push(hook([at_end](Context&) -> Poll<int> { return pending; }));
    at_end.reset();
  }
  CHECK(lives.made == 1);
  CHECK(lives.ended == 1);
}

TEST_CASE("a set in a set: only those that were woken are polled in both") {
  std::vector<Gate> gates(4);
  Lives lives;
  CountingWaker task;
  Numbers inner[2];
  FuturesUnordered<Numbers::Next> outer;
  int number = 0;
  for (Gate& gate : gates) {
    inner[number % 2].push(number_after(gate.wait(), number, Counted(lives)));
    ++number;
  }
  for (Numbers& set : inner) outer.push(set.next());
  auto next = outer.next();
  CHECK_FALSE(poll_for(task, next).is_ready());
  gates[3].open();
  CHECK(task.wakes() == 1);
  CHECK(poll_for(task, next).take() == std::optional(3));
  for (std::size_t i = 0; i < 4; ++i) CHECK(gates[i].polls() == (i == 3 ? 2 : 1));
}

// --- How much one poll does ---

TEST_CASE("a child that wakes itself all the time: one poll of next ends, and comes back") {
  int polls = 0;
  CountingWaker task;
  Hooks set;
  set.push(hook([&](Context& context) -> Poll<int> {
    ++polls;
    context.wake_self();
    return pending;
  }));
  auto next = set.next();
  CHECK_FALSE(poll_for(task, next).is_ready());
  CHECK(polls == Context::kBudget);
  CHECK(task.wakes() == 1);
}

TEST_CASE("children share the budget of their task's poll") {
  int operations = 0;
  CountingWaker task;
  Hooks set;
  for (int i = 0; i < 100; ++i) {
    set.push(hook([&](Context& context) -> Poll<int> {
      while (context.spend()) ++operations;
      return pending;
    }));
  }
  auto next = set.next();
  CHECK_FALSE(poll_for(task, next).is_ready());
  CHECK(operations == Context::kBudget - 1);  // one is for the child's poll
  CHECK(task.wakes() == 1);
}

TEST_CASE("a child that has spent the budget is polled again, after the others") {
  std::vector<int> polled;
  CountingWaker task;
  Hooks set;
  for (int i = 0; i < 3; ++i) {
    set.push(hook([&polled, i](Context& context) -> Poll<int> {
      polled.push_back(i);
      while (context.spend()) {
      }
      return pending;
    }));
  }
  auto next = set.next();
  for (int i = 0; i < 6; ++i) CHECK_FALSE(poll_for(task, next).is_ready());
  CHECK(polled == std::vector{0, 1, 2, 0, 1, 2});
}

Async<> drains(Hooks& set) {
  for (;;) {
    const auto result = co_await set.next();
    if (!result) break;
  }
}

TEST_CASE("a child that wakes itself all the time does not starve another task") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    std::atomic<bool> other_ran = false;
    Hooks set;
    set.push(hook([&](Context& context) -> Poll<int> {
      if (other_ran) return 1;
      context.wake_self();
      return pending;
    }));
    const auto main = [](Hooks& hooks, std::atomic<bool>& ran) -> Async<> {
      auto handle = spawn(then(yield_now(), [&ran] { ran = true; }));
      co_await drains(hooks);
      co_await handle;
    };
    block_on(main(set, other_ran), options);
    CHECK(set.empty());
  }
}

// --- Races, by hand ---

TEST_CASE("wake during the child's poll: it is polled once more, after the others") {
  std::vector<int> polled;
  CountingWaker task;
  Hooks set;
  for (int i = 0; i < 2; ++i) {
    set.push(hook([&polled, i, first = true](Context& context) mutable -> Poll<int> {
      polled.push_back(i);
      if (i == 0 && std::exchange(first, false)) {
        for (int wakes = 0; wakes < 2; ++wakes) wake_elsewhere(context.waker());
      }
      return pending;
    }));
  }
  auto next = set.next();
  CHECK_FALSE(poll_for(task, next).is_ready());
  CHECK(polled == std::vector{0, 1, 0});
  CHECK(task.wakes() == 0);
}

TEST_CASE("wake during the child's last poll: it is not polled again") {
  int polls = 0;
  Waker kept;
  CountingWaker task;
  Hooks set;
  set.push(hook([&](Context& context) -> Poll<int> {
    ++polls;
    kept = context.waker();
    wake_elsewhere(kept);
    return 7;
  }));
  set.push(hook([](Context&) -> Poll<int> { return pending; }));
  auto next = set.next();
  CHECK(poll_for(task, next).take() == 7);
  wake_elsewhere(kept);
  auto none = set.next();
  CHECK_FALSE(poll_for(task, none).is_ready());
  wake_elsewhere(kept);
  CHECK(polls == 1);
  CHECK(task.wakes() == 0);
}

TEST_CASE("wake after the child's last poll: nobody is polled or woken") {
  Waker kept;
  int polls = 0;
  CountingWaker task;
  Hooks set;
  set.push(hook([&kept, first = true](Context& context) mutable -> Poll<int> {
    kept = context.waker();
    if (!std::exchange(first, false)) return 7;
    return pending;
  }));
  set.push(hook([&polls](Context&) -> Poll<int> {
    ++polls;
    return pending;
  }));
  auto next = set.next();
  CHECK_FALSE(poll_for(task, next).is_ready());
  kept.wake();
  CHECK(poll_for(task, next).take() == 7);
  wake_elsewhere(kept);
  auto other = set.next();
  CHECK_FALSE(poll_for(task, other).is_ready());
  wake_elsewhere(kept);
  CHECK(polls == 1);
  CHECK(task.wakes() == 1);
}

TEST_CASE("wake between the child's poll and storing the parent's waker: it is polled again") {
  Waker first;
  int polls = 0;
  CountingWaker task;
  Hooks set;
  set.push(hook([&](Context& context) -> Poll<int> {
    first = context.waker();
    if (++polls == 2) return 7;
    return pending;
  }));
  set.push(hook([&](Context&) -> Poll<int> {
    wake_elsewhere(first);  // the first child's poll is over, the parent's waker is not stored yet
    return pending;
  }));
  auto next = set.next();
  CHECK(poll_for(task, next).take() == 7);
}

TEST_CASE("wake by the child's own destructor: nobody is polled again") {
  Waker kept;
  CountingWaker task;
  Hooks set;
  {
    auto at_end = std::make_shared<AtEnd>([&] { wake_elsewhere(kept); });
    set.push(hook([&kept, at_end](Context& context) -> Poll<int> {
      kept = context.waker();
      return 7;
    }));
  }
  set.push(hook([](Context&) -> Poll<int> { return pending; }));
  auto next = set.next();
  CHECK(poll_for(task, next).take() == 7);
  auto none = set.next();
  CHECK_FALSE(poll_for(task, none).is_ready());
  CHECK(task.wakes() == 0);
}

TEST_CASE("wake of another child while the first one's wake submits the task: both are polled") {
  std::vector<Waker> wakers;
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Hooks set;
  for (int i = 0; i < 2; ++i) {
    set.push(hook([&wakers, first = true](Context& context) mutable -> Poll<int> {
      if (!std::exchange(first, false)) return 7;
      wakers.push_back(context.waker());
      return pending;
    }));
  }
  auto handle = scheduler->spawn(drains(set));
  scheduler->run_all();
  scheduler->before_submit = [&] { wakers[1].wake(); };  // would wait for ever for a mutex
  wakers[0].wake();
  CHECK(scheduler->submits() == 2);
  CHECK(scheduler->run_all() == 1);
  CHECK(poll_once(handle).is_ready());
}

TEST_CASE("wake after the set is gone: nobody is woken, and the last waker ends the child") {
  Lives lives;
  CountingWaker task;
  std::vector<Waker> wakers;
  {
    Hooks set;
    for (int i = 0; i < 2; ++i) {
      auto life = std::make_shared<Counted>(lives);
      set.push(hook([&wakers, life](Context& context) -> Poll<int> {
        wakers.push_back(context.waker());
        return pending;
      }));
    }
    auto next = set.next();
    CHECK_FALSE(poll_for(task, next).is_ready());
    wakers[0].wake();  // this one is in the ready queue when the set goes
    CHECK(task.wakes() == 1);
  }
  CHECK(lives.ended == 2);
  CHECK(task.wakers() == 0);
  for (const Waker& waker : wakers) wake_elsewhere(waker);
  std::thread([last = std::move(wakers)] { last[1].wake(); }).join();
  CHECK(task.wakes() == 1);
  CHECK(lives.made == 2);
  CHECK(lives.ended == 2);
}

TEST_CASE("wake by a future's destructor, of another child, while the set is destroyed") {
  Waker oldest;
  Waker newest;
  Lives lives;
  CountingWaker task;
  const auto keeps = [&lives](Waker& slot) {
    return hook([&slot, life = std::make_shared<Counted>(lives)](Context& context) -> Poll<int> {
      slot = context.waker();
      return pending;
    });
  };
  {
    Hooks set;
    set.push(keeps(oldest));
    {
      auto at_end = std::make_shared<AtEnd>([&] { wake_elsewhere(oldest); });
      set.push(hook([at_end](Context&) -> Poll<int> { return pending; }));
    }
    set.push(keeps(newest));
    {
      auto next = set.next();
      CHECK_FALSE(poll_for(task, next).is_ready());
    }
    // In the ready queue, and nobody else has it: it is the first to go, memory and all. Who looks
    // into the queue after that is seen by AddressSanitizer.
    std::exchange(newest, Waker()).wake();
  }
  CHECK(task.wakes() == 0);
  CHECK(lives.made == 2);
  CHECK(lives.ended == 2);
}

// --- Races, with threads ---

Async<int> sum_of(std::vector<Gate>& gates, Lives& lives) {
  Numbers set;
  push_all(set, gates, lives);
  int sum = 0;
  for (;;) {
    const auto number = co_await set.next();
    if (!number) break;
    sum += *number;
  }
  co_return sum;
}

TEST_CASE("wakes from two threads, on every executor: no result is lost") {
  constexpr int kGates = 200;
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    std::vector<Gate> gates(kGates);
    Lives lives;
    const auto open_every_other = [&](std::size_t first) {
      for (std::size_t i = first; i < kGates; i += 2) {
        gates[i].wait_for_polls(1);
        gates[i].open();
      }
    };
    std::thread even([&] { open_every_other(0); });
    std::thread odd([&] { open_every_other(1); });
    CHECK(block_on(sum_of(gates, lives), options) == kGates * (kGates - 1) / 2);
    even.join();
    odd.join();
    CHECK(lives.made == kGates);
    CHECK(lives.ended == kGates);
    int polls = 0;
    for (const Gate& gate : gates) polls += gate.polls();
    CHECK(polls >= kGates);
    CHECK(polls <= 2 * kGates);
  }
}

TEST_CASE("wake while the task goes to sleep, time and again: it is never lost") {
  constexpr int kRounds = 1000;
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    std::vector<Gate> gates(kRounds);
    std::thread opens([&] {
      for (Gate& gate : gates) {
        gate.wait_for_polls(1);
        gate.open();
      }
    });
    // One at a time: the next one is pushed when the last one is ready.
    const auto one_by_one = [](std::vector<Gate>& all) -> Async<int> {
      FuturesUnordered<Gate::Wait> set;
      int results = 0;
      for (Gate& gate : all) {
        set.push(gate.wait());
        const auto result = co_await set.next();
        results += result ? 1 : 0;
      }
      co_return results;
    };
    CHECK(block_on(one_by_one(gates), options) == kRounds);
    opens.join();
  }
}

TEST_CASE("wake between the look into the queue and storing the parent's waker, on two threads") {
  constexpr int kRounds = 5000;
  std::atomic<int> polled = 0;  // the round whose child has been polled
  std::atomic<int> woken = 0;   // the round whose wake is over
  const auto wait_for = [](const std::atomic<int>& reached, int round) {
    for (int looks = 1; reached != round; ++looks) {
      if (looks % 1000 == 0) std::this_thread::yield();
    }
  };
  Waker waker;
  std::thread wakes([&] {
    for (int round = 1; round <= kRounds; ++round) {
      wait_for(polled, round);
      std::exchange(waker, Waker()).wake();
      woken = round;
    }
  });
  int results = 0;
  for (int round = 1; round <= kRounds; ++round) {
    CountingWaker task;
    Hooks set;
    set.push(hook([&, first = true](Context& context) mutable -> Poll<int> {
      if (!std::exchange(first, false)) return 7;
      waker = context.waker();
      polled = round;
      // Up to the time that the other thread takes to see it: so each is the first at times.
      for (volatile int spins = round % 256; spins > 0;) spins = spins - 1;
      return pending;
    }));
    auto next = set.next();
    bool ready = poll_for(task, next).is_ready();
    wait_for(woken, round);
    if (!ready && task.wakes() == 1) ready = poll_for(task, next).is_ready();
    results += ready ? 1 : 0;
  }
  wakes.join();
  CHECK(results == kRounds);
}

TEST_CASE("wake while the set is destroyed, on two threads: every future is destroyed once") {
  constexpr int kRounds = 1000;
  constexpr int kChildren = 4;
  Lives lives;
  std::vector<Waker> wakers(kChildren);
  Rounds round(kRounds, [&](int) {
    for (Waker& waker : wakers) std::exchange(waker, Waker()).wake();
  });
  CountingWaker task;
  for (int i = 0; i < kRounds; ++i) {
    {
      Hooks set;
      for (Waker& waker : wakers) {
        auto life = std::make_shared<Counted>(lives);
        set.push(hook([&waker, life](Context& context) -> Poll<int> {
          waker = context.waker();
          return pending;
        }));
      }
      {
        auto next = set.next();
        CHECK_FALSE(poll_for(task, next).is_ready());
        round.begin();
      }
    }
    round.end();
  }
  CHECK(task.wakers() == 0);
  CHECK(lives.made == kRounds * kChildren);
  CHECK(lives.ended == kRounds * kChildren);
}

TEST_CASE("wake and drop of the last waker while the child ends, on two threads") {
  constexpr int kRounds = 1000;
  Lives lives;
  Waker waker;
  Rounds round(kRounds, [&](int) { std::exchange(waker, Waker()).wake(); });
  CountingWaker task;
  Hooks set;
  int results = 0;
  for (int i = 0; i < kRounds; ++i) {
    auto life = std::make_shared<Counted>(lives);
    set.push(hook([&, life](Context& context) -> Poll<int> {
      waker = context.waker();
      round.begin();
      return 1;
    }));
    life.reset();
    auto next = set.next();
    results += poll_for(task, next).is_ready() ? 1 : 0;
    round.end();
  }
  CHECK(results == kRounds);
  CHECK(set.empty());
  CHECK(task.wakes() == 0);
  CHECK(lives.ended == kRounds);
}

TEST_CASE("abort while the set is woken, on every executor: nothing is left") {
  const auto main = [](std::vector<Gate>& gates, Lives& lives) -> Async<bool> {
    auto handle = spawn(sum_of(gates, lives));
    while (gates.back().polls() == 0) co_await yield_now();
    gates.front().open();
    handle.abort();
    gates.back().open();
    try {
      co_await handle;
    } catch (const Aborted&) {
      co_return true;
    }
    co_return false;
  };
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    std::vector<Gate> gates(3);
    Lives lives;
    CHECK(block_on(main(gates, lives), options));
    CHECK(lives.made == 3);
    CHECK(lives.ended == 3);
  }
}

}  // namespace
}  // namespace runtime
