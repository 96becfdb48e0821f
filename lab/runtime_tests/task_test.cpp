// Does a task live once, end once, and tell who joins it?

#include "runtime/task/task.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support.hpp"

namespace runtime {
namespace {

Async<> waits_at(Gate& gate, Counted local) {
  co_await gate.wait();
  static_cast<void>(local);
}

Async<Counted> gives_after(Gate& gate, Lives& lives) {
  co_await gate.wait();
  co_return Counted(lives);
}

Async<int> fails(std::string text) {
  throw std::runtime_error(text);
  co_return 0;
}

/// What joining gives: "done", or the error.
template <class T>
Async<std::string> outcome(JoinHandle<T> handle) {
  try {
    co_await handle;
  } catch (const std::exception& error) {
    co_return error.what();
  }
  co_return "done";
}

template <class T>
std::string outcome_by_hand(JoinHandle<T>& handle) {
  try {
    return poll_once(handle).is_ready() ? "done" : "pending";
  } catch (const std::exception& error) {
    return error.what();
  }
}

constexpr const char* kAborted = "the task was aborted";

// --- Results ---

Async<int> joins_results(int& object) {
  const int value = co_await spawn(ready(1));
  int& reference = co_await spawn(Ready<int&>(&object));
  co_await spawn(ready());
  const auto owner = co_await spawn(ready(std::make_unique<int>(2)));
  reference = value + *owner;
  co_return value;
}

TEST_CASE(
    "a task's result reaches who joins it: value, reference, nothing, what can only be moved") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    int object = 0;
    CHECK(block_on(joins_results(object), options) == 1);
    CHECK(object == 3);
  }
}

TEST_CASE("block_on returns any kind of result, or throws what its future threw") {
  int object = 0;
  for (const Options& options : executors()) {
    CHECK(block_on(ready(7), options) == 7);
    CHECK(&block_on(Ready<int&>(&object), options) == &object);
    block_on(ready(), options);
    CHECK(*block_on(ready(std::make_unique<int>(3)), options) == 3);
    CHECK_THROWS_WITH(block_on(fails("body"), options), "body");
  }
}

TEST_CASE("an exception in a task reaches who joins it, and nobody else") {
  const CapturedErrors errors;
  const auto main = []() -> Async<std::string> {
    auto text = co_await outcome(spawn(fails("body")));
    co_return text;
  };
  for (const Options& options : executors()) CHECK(block_on(main(), options) == "body");
  CHECK(errors.text().empty());
}

TEST_CASE("a JoinHandle that is polled by another task wakes that one alone") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Gate gate;
  auto handle = scheduler->spawn(gate.wait());
  CountingWaker first;
  CountingWaker last;
  CHECK_FALSE(poll_for(first, handle).is_ready());
  CHECK_FALSE(poll_for(first, handle).is_ready());
  CHECK(first.wakers() == 1);
  CHECK_FALSE(poll_for(last, handle).is_ready());
  CHECK(first.wakers() == 0);
  gate.open();
  scheduler->run_all();
  CHECK(first.wakes() == 0);
  CHECK(last.wakes() == 1);
  CHECK(poll_for(last, handle).is_ready());
  CHECK(last.wakers() == 0);
}

// --- Detached ---

TEST_CASE("a task whose handle is dropped goes on, and its output is destroyed when it ends") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Gate gate;
  Lives lives;
  scheduler->spawn(gives_after(gate, lives)).detach();
  scheduler->run_all();
  gate.open();
  scheduler->run_all();
  CHECK(lives.made == 1);
  CHECK(lives.ended == 1);
  CHECK(scheduler->removes() == 1);
}

TEST_CASE("an output that nobody took is destroyed with the handle, once") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Lives lives;
  {
    auto handle = scheduler->spawn(ready(Counted(lives)));
    scheduler->run_all();
    CHECK(lives.alive() == 1);
  }
  CHECK(lives.made == 1);
  CHECK(lives.ended == 1);
}

TEST_CASE("a handle that is dropped no longer wakes who polled it") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Gate gate;
  CountingWaker joiner;
  {
    auto handle = scheduler->spawn(gate.wait());
    CHECK_FALSE(poll_for(joiner, handle).is_ready());
  }
  CHECK(joiner.wakers() == 0);
  gate.open();
  scheduler->run_all();
  CHECK(joiner.wakes() == 0);
}

TEST_CASE("a handle that is assigned to lets its task go on") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  int result = 0;
  {
    auto handle = scheduler->spawn(ready(1));
    handle = scheduler->spawn(ready(2));
    CHECK(scheduler->run_all() == 2);
    result = poll_once(handle).take();
  }
  CHECK(result == 2);
  CHECK(scheduler->removes() == 2);
}

TEST_CASE("the exception of a task that nobody joins is a line on standard error") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  const CapturedErrors errors;
  SUBCASE("when the handle is dropped before") {
    scheduler->spawn(fails("body")).detach();
    CHECK(errors.text().empty());
    scheduler->run_all();
  }
  SUBCASE("when the handle is dropped after") {
    auto handle = scheduler->spawn(fails("body"));
    scheduler->run_all();
    CHECK(errors.text().empty());
    handle.detach();
  }
  CHECK(errors.text() == "a task that nobody joins has failed: body\n");
}

TEST_CASE("to fail with something that is no std::exception is a line on standard error too") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  const CapturedErrors errors;
  scheduler->spawn(poll_fn([](Context&) -> Poll<void> { throw 1; })).detach();
  scheduler->run_all();
  CHECK(errors.text() == "a task that nobody joins has failed\n");
}

TEST_CASE("an aborted task that nobody joins is silent") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  const CapturedErrors errors;
  {
    auto handle = scheduler->spawn(Never());
    handle.abort();
  }
  scheduler->run_all();
  CHECK(scheduler->removes() == 1);
  CHECK(errors.text().empty());
}

// --- Aborted ---

TEST_CASE("abort destroys the future on its executor, not where abort is called") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Gate gate;
  Lives lives;
  auto handle = scheduler->spawn(waits_at(gate, Counted(lives)));
  CountingWaker joiner;
  scheduler->run_all();
  CHECK_FALSE(poll_for(joiner, handle).is_ready());
  handle.abort();
  CHECK(lives.alive() == 1);
  CHECK(joiner.wakes() == 0);
  CHECK(scheduler->run_all() == 1);
  CHECK(lives.alive() == 0);
  CHECK(joiner.wakes() == 1);
  CHECK(gate.polls() == 1);  // not polled again
  CHECK(outcome_by_hand(handle) == kAborted);
}

TEST_CASE("abort before the first poll: it is never polled") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Gate gate;
  Lives lives;
  auto handle = scheduler->spawn(waits_at(gate, Counted(lives)));
  handle.abort();
  CHECK(scheduler->run_all() == 1);
  CHECK(gate.polls() == 0);
  CHECK(lives.ended == 1);
  CHECK(outcome_by_hand(handle) == kAborted);
}

TEST_CASE("abort of a task that is done changes nothing") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  auto handle = scheduler->spawn(ready(7));
  scheduler->run_all();
  handle.abort();
  CHECK(scheduler->run_all() == 0);
  CHECK(poll_once(handle).take() == 7);
}

TEST_CASE("abort during run: a poll that ends the task wins, any other one is the last") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  JoinHandle<int>* own = nullptr;
  int polls = 0;
  bool ends = false;
  SUBCASE("it ends") {
    ends = true;
  }
  SUBCASE("it waits") {
    ends = false;
  }
  auto handle = scheduler->spawn(poll_fn([&](Context&) -> Poll<int> {
    ++polls;
    own->abort();
    if (ends) return 7;
    return pending;
  }));
  own = &handle;
  scheduler->run_all();
  CHECK(polls == 1);
  CHECK(outcome_by_hand(handle) == (ends ? "done" : kAborted));
}

TEST_CASE("a joined abort is Aborted, on every executor") {
  const auto main = [](Gate& gate, Lives& lives) -> Async<std::string> {
    auto handle = spawn(waits_at(gate, Counted(lives)));
    co_await yield_now();
    handle.abort();
    auto text = co_await outcome(std::move(handle));
    if (lives.alive() != 0) text += ", but not destroyed";
    co_return text;
  };
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Gate gate;
    Lives lives;
    CHECK(block_on(main(gate, lives), options) == kAborted);
    CHECK(lives.ended == 1);
  }
}

// --- The order of the end ---

TEST_CASE("a task's destructors have run before its joiner is woken, however it ends") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  CountingWaker joiner;
  Gate gate;
  JoinHandle<void>* joined = nullptr;
  bool pending_at_end = false;
  int wakes_at_end = -1;
  AtEnd at_end([&] {
    wakes_at_end = joiner.wakes();
    pending_at_end = !poll_for(joiner, *joined).is_ready();
  });
  const auto body = [](Gate& wait, AtEnd, bool fail) -> Async<> {
    co_await wait.wait();
    if (fail) throw std::runtime_error("body");
  };
  bool fail = false;
  bool abort = false;
  std::string expected = "done";
  SUBCASE("it returns") {}
  SUBCASE("it throws") {
    fail = true;
    expected = "body";
  }
  SUBCASE("it is aborted") {
    abort = true;
    expected = kAborted;
  }
  auto handle = scheduler->spawn(body(gate, std::move(at_end), fail));
  joined = &handle;
  CHECK_FALSE(poll_for(joiner, handle).is_ready());
  scheduler->run_all();
  if (abort) {
    handle.abort();
  } else {
    gate.open();
  }
  CHECK(wakes_at_end == -1);
  scheduler->run_all();
  CHECK(pending_at_end);
  CHECK(wakes_at_end == 0);
  CHECK(joiner.wakes() == 1);
  CHECK(outcome_by_hand(handle) == expected);
}

// --- Wakes ---

TEST_CASE("several wakes before a poll are one poll") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Waker waker;
  int polls = 0;
  auto handle = scheduler->spawn(poll_fn([&](Context& context) -> Poll<void> {
    waker = context.waker();
    ++polls;
    return pending;
  }));
  CHECK(scheduler->run_all() == 1);
  for (int i = 0; i < 5; ++i) waker.wake();
  CHECK(scheduler->submits() == 2);
  CHECK(scheduler->run_all() == 1);
  CHECK(polls == 2);
  handle.abort();
  scheduler->run_all();
}

TEST_CASE("a task that wakes itself in its poll is polled again, once") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  int polls = 0;
  auto handle = scheduler->spawn(poll_fn([&](Context& context) -> Poll<int> {
    if (++polls == 3) return polls;
    context.wake_self();
    context.waker().wake();
    return pending;
  }));
  CHECK(scheduler->run_all() == 3);
  CHECK(poll_once(handle).take() == 3);
}

TEST_CASE("a wake after the task is done does nothing, also when nobody else has the task") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Waker waker;
  scheduler
      ->spawn(poll_fn([&](Context& context) -> Poll<void> {
        waker = context.waker();
        return done;
      }))
      .detach();
  scheduler->run_all();
  const Waker copy = waker;
  waker.wake();
  waker = Waker();
  copy.wake();
  CHECK(scheduler->submits() == 1);
}

TEST_CASE("a task lives as long as its last waker, and its scheduler as long as the task") {
  Lives schedulers;
  Waker waker;
  {
    const auto scheduler = Ref<ByHand>::adopt(new ByHand);
    scheduler->on_remove = [life = std::make_shared<Counted>(schedulers)] {};
    scheduler
        ->spawn(poll_fn([&](Context& context) -> Poll<void> {
          waker = context.waker();
          return done;
        }))
        .detach();
    scheduler->run_all();
  }
  CHECK(schedulers.alive() == 1);
  waker = Waker();
  CHECK(schedulers.ended == 1);
}

TEST_CASE("a waker may be used after its runtime has ended") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Gate gate;
    Lives lives;
    Waker kept;
    const auto main = [](Gate& shut, Counted local, Waker& waker) -> Async<> {
      spawn(waits_at(shut, std::move(local))).detach();
      while (shut.polls() == 0) co_await yield_now();
      waker = shut.take_waker();
    };
    block_on(main(gate, Counted(lives), kept), options);
    CHECK(lives.ended == 1);
    kept.wake();
    std::thread([&] { kept = Waker(); }).join();
    CHECK(gate.polls() == 1);
  }
}

// --- The runtime's end ---

Async<> waits_for_handle(JoinHandle<void>& handle, Counted local) {
  co_await handle;
  static_cast<void>(local);
}

Async<> leaves_two_that_join_each_other(Lives& lives) {
  struct Pair {
    std::optional<JoinHandle<void>> first;
    std::optional<JoinHandle<void>> second;
    std::atomic<bool> complete = false;
  };
  const auto pair = std::make_shared<Pair>();
  const auto waits = [](std::shared_ptr<Pair> shared, bool first, Counted local) -> Async<> {
    while (!shared->complete) co_await yield_now();
    co_await waits_for_handle(first ? *shared->second : *shared->first, std::move(local));
  };
  pair->first = spawn(waits(pair, true, Counted(lives)));
  pair->second = spawn(waits(pair, false, Counted(lives)));
  pair->complete = true;
  co_await yield_now();
}

TEST_CASE(
    "tasks that are left at the runtime's end are destroyed once, also those that wait for each "
    "other") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Lives lives;
    block_on(leaves_two_that_join_each_other(lives), options);
    CHECK(lives.made == 2);
    CHECK(lives.ended == 2);
  }
}

TEST_CASE("tasks that were never polled are destroyed at the runtime's end") {
  Lives lives;
  const auto main = [](Lives& counts) -> Async<> {
    for (int i = 0; i < 1000; ++i) spawn(ready(Counted(counts))).detach();
    co_return;
  };
  for (const Options& options : executors()) block_on(main(lives), options);
  CHECK(lives.made == 5000);
  CHECK(lives.alive() == 0);
}

TEST_CASE("a task that is spawned while the runtime ends is aborted at once") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Lives lives;
    std::string seen;
    Gate gate;
    const auto left = [](Gate& shut, AtEnd) -> Async<> { co_await shut.wait(); };
    const auto main = [](Async<> task, Gate& shut) -> Async<> {
      spawn(std::move(task)).detach();
      while (shut.polls() == 0) co_await yield_now();
    };
    AtEnd spawns([&] {
      auto handle = spawn(ready(Counted(lives)));
      seen = outcome_by_hand(handle);
    });
    block_on(main(left(gate, std::move(spawns)), gate), options);
    CHECK(seen == kAborted);
    CHECK(lives.ended == 1);
  }
}

TEST_CASE("without a runtime there is no spawn, and inside of one no block_on") {
  const std::string outside = "not in a runtime: see block_on";
  CHECK(thrown_by([] { spawn(ready()).detach(); }) == outside);
  CHECK(thrown_by([] { spawn_blocking([] {}).detach(); }) == outside);
  CHECK_THROWS_AS(Handle::current(), std::logic_error);
  const auto inside = [](Context&) -> Poll<std::string> {
    return thrown_by([] { block_on(ready()); });
  };
  for (const Options& options : executors()) {
    CHECK(block_on(poll_fn(inside), options) ==
          "block_on inside of a runtime would block its thread");
  }
  CHECK(Executor::try_current() == nullptr);
}

TEST_CASE("a virtual clock goes without workers") {
  Options options;
  options.virtual_clock = true;
  CHECK(block_on(ready(1), options) == 1);
  options.workers = 1;
  CHECK_THROWS_AS(block_on(ready(1), options), std::invalid_argument);
}

// --- Order and fairness ---

TEST_CASE("tasks run first in, first out") {
  std::string order;
  const auto main = [](std::string& log) -> Async<> {
    const auto twice = [](std::string& text, char name) -> Async<> {
      text += name;
      co_await yield_now();
      text += name;
    };
    auto a = spawn(twice(log, 'a'));
    auto b = spawn(twice(log, 'b'));
    auto c = spawn(twice(log, 'c'));
    co_await c;
    co_await b;
    co_await a;
  };
  block_on(main(order));
  CHECK(order == "abcabc");
  // A worker runs next what the task before it has started or woken last; then it is the same.
  order.clear();
  block_on(main(order), {.workers = 1});
  CHECK(order == "cabcab");
}

TEST_CASE(
    "a task that wakes itself all the time takes turns with the others, and with the reactor") {
  constexpr int kTurns = 20;
  struct Counts {
    std::atomic<std::uint64_t> busy = 0;
    std::atomic<std::uint64_t> most_between_turns = 0;
  };
  const auto main = [](Counts& counts) -> Async<> {
    const auto busy = [](Counts& count) -> Async<> {
      for (;;) {
        ++count.busy;
        co_await yield_now();
      }
    };
    auto handle = spawn(busy(counts));
    Reactor& reactor = *Handle::current().reactor();
    std::uint64_t turns = reactor.turns();
    const std::uint64_t end = turns + kTurns;
    std::uint64_t since = 0;
    // This task is always ready too: how often is it polled from one turn to the next?
    while (turns < end) {
      co_await yield_now();
      ++since;
      if (reactor.turns() != turns) {
        counts.most_between_turns = std::max<std::uint64_t>(counts.most_between_turns, since);
        turns = reactor.turns();
        since = 0;
      }
      if (since > 10 * kTasksPerTurn) {  // it never comes
        counts.most_between_turns = since;
        break;
      }
    }
    handle.abort();
  };
  for (const std::size_t workers : {std::size_t(0), std::size_t(1)}) {
    Options options;
    options.workers = workers;
    Counts counts;
    block_on(main(counts), options);
    CHECK(counts.most_between_turns > 0);
    CHECK(counts.most_between_turns <= kTasksPerTurn / 2 + 1);  // the two take turns
    CHECK(counts.busy + 2 * kTasksPerTurn >= kTurns * kTasksPerTurn / 2);
  }
}

TEST_CASE("a poll that is always ready for more does its budget, and then it is the others' turn") {
  std::vector<int> done_per_poll;
  auto main = poll_fn([&](Context& context) -> Poll<void> {
    int count = 0;
    while (context.spend()) ++count;
    done_per_poll.push_back(count);
    if (done_per_poll.size() == 3) return done;
    return pending;
  });
  block_on(std::move(main));
  CHECK(done_per_poll == std::vector<int>(3, Context::kBudget));
}

}  // namespace
}  // namespace runtime
