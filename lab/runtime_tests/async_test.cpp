// Is a coroutine a future like any other: its result, its errors, its cancellation, at any depth?

#include "runtime/coroutine/async.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support.hpp"

namespace runtime {
namespace {

using Log = std::vector<std::string>;

constexpr int kDeep = 100'000;

Async<int> number(int value) {
  co_return value;
}

Async<> fails(std::string text) {
  throw std::runtime_error(text);
  co_return;
}

struct FailingLeaf {
  using Output = int;
  Poll<int> poll(Context&) { throw std::runtime_error("leaf"); }
};

AtEnd logs(Log& log, std::string line) {
  return AtEnd([&log, line] { log.push_back(line); });
}

TEST_CASE("a coroutine's result is a value") {
  CHECK(result_of(number(7)) == 7);
}

Async<int&> same(int& value) {
  co_return value;
}
Async<int*> address(int& value) {
  int& awaited = co_await same(value);
  co_return &awaited;
}

TEST_CASE("a coroutine's result is a reference, also when it is awaited") {
  int object = 0;
  CHECK(&result_of(same(object)) == &object);
  CHECK(result_of(address(object)) == &object);
}

Async<> sets(bool& flag) {
  flag = true;
  co_return;
}

TEST_CASE("a coroutine's result is nothing") {
  bool flag = false;
  result_of(sets(flag));
  CHECK(flag);
}

Async<Counted> gives(Lives& lives) {
  Counted counted(lives);
  co_return counted;
}
Async<Counted> passes_on(Lives& lives) {
  auto counted = co_await gives(lives);
  co_return counted;
}

TEST_CASE("a result that can only be moved passes through coroutines, and is destroyed once") {
  Lives lives;
  {
    const Counted counted = result_of(passes_on(lives));
    CHECK(lives.alive() == 1);
  }
  CHECK(lives.made == 1);
  CHECK(lives.ended == 1);
}

TEST_CASE("a result that nobody takes is destroyed with the coroutine") {
  Lives lives;
  {
    auto future = passes_on(lives);
    CHECK(poll_once(future).is_ready());
  }
  CHECK(lives.made == 1);
  CHECK(lives.ended == 1);
}

TEST_CASE("a coroutine does nothing until it is polled, and its parameters end with it") {
  bool flag = false;
  { auto future = sets(flag); }
  CHECK_FALSE(flag);
  Lives lives;
  {
    const auto keeps = [](Counted) -> Async<> { co_return; };
    auto future = keeps(Counted(lives));
    CHECK(lives.alive() == 1);
  }
  CHECK(lives.alive() == 0);
}

TEST_CASE("an exception leaves a coroutine by its poll") {
  auto future = fails("body");
  CHECK_THROWS_WITH(static_cast<void>(poll_once(future)), "body");
}

Async<int> awaits_failing_leaf() {
  const int value = co_await FailingLeaf();
  co_return value;
}
Async<std::string> catches_leaf(Log& log) {
  try {
    const auto local = logs(log, "local");
    const int value = co_await awaits_failing_leaf();
    co_return std::to_string(value);
  } catch (const std::runtime_error& error) {
    log.push_back("caught");
    co_return error.what();
  }
}

TEST_CASE(
    "a leaf's exception comes out of co_await, through nested coroutines, to who catches it") {
  Log log;
  CHECK(result_of(catches_leaf(log)) == "leaf");
  CHECK(log == Log{"local", "caught"});
}

Async<int> catches_many(int count) {
  int caught = 0;
  for (int i = 0; i < count; ++i) {
    try {
      co_await fails("again");
    } catch (const std::runtime_error&) {
      ++caught;
    }
  }
  co_return caught;
}

TEST_CASE("a coroutine goes on after exceptions that it has caught") {
  CHECK(result_of(catches_many(100)) == 100);
}

Async<> fails_deep(int depth, Counted local) {
  if (depth == 0) throw std::runtime_error("deepest");
  Lives& lives = *local.lives();
  co_await fails_deep(depth - 1, Counted(lives));
}

TEST_CASE("an exception passes 10,000 nested coroutines, and ends each of them once") {
  Lives lives;
  on_small_stack([&] {
    auto future = fails_deep(10'000, Counted(lives));
    CHECK_THROWS_WITH(static_cast<void>(poll_once(future)), "deepest");
  });
  CHECK(lives.made == 10'001);
  CHECK(lives.ended == 10'001);
}

Async<> waits_at(Gate& gate, Log& log, std::string name) {
  const auto first = logs(log, name + "1");
  const auto second = logs(log, name + "2");
  co_await gate.wait();
  log.push_back("passed");
}
Async<> waits_below(Gate& gate, Log& log) {
  const auto first = logs(log, "outer1");
  const auto second = logs(log, "outer2");
  co_await waits_at(gate, log, "inner");
}

TEST_CASE("to destroy a waiting coroutine destroys its locals in reverse order, innermost first") {
  Gate gate;
  Log log;
  CountingWaker task;
  {
    auto future = waits_below(gate, log);
    CHECK_FALSE(poll_for(task, future).is_ready());
    CHECK(log.empty());
    CHECK(task.wakers() == 1);
  }
  CHECK(log == Log{"inner2", "inner1", "outer2", "outer1"});
  CHECK(task.wakers() == 0);  // the leaf took its waker back
}

TEST_CASE("a coroutine that ends destroys its locals once, when it ends") {
  Gate gate;
  Log log;
  CountingWaker task;
  const Log all = {"passed", "inner2", "inner1", "outer2", "outer1"};
  {
    auto future = waits_below(gate, log);
    CHECK_FALSE(poll_for(task, future).is_ready());
    gate.open();
    CHECK(task.wakes() == 1);
    CHECK(poll_for(task, future).is_ready());
    CHECK(log == all);
  }
  CHECK(log == all);
}

Async<int> depth(int levels) {
  if (levels == 0) co_return 0;
  const int below = co_await depth(levels - 1);
  co_return below + 1;
}

TEST_CASE("a recursion 100,000 deep takes no stack") {
  int result = 0;
  on_small_stack([&] { result = result_of(depth(kDeep)); });
  CHECK(result == kDeep);
}

Async<> waits_deep(int levels, Gate& gate, Counted local) {
  if (levels == 0) {
    co_await gate.wait();
  } else {
    co_await waits_deep(levels - 1, gate, Counted(*local.lives()));
  }
}

TEST_CASE("a recursion 100,000 deep is cancelled without taking stack") {
  Lives lives;
  Gate gate;
  on_small_stack([&] {
    auto future = waits_deep(kDeep, gate, Counted(lives));
    CHECK_FALSE(poll_once(future).is_ready());
    CHECK(lives.alive() == kDeep + 1);
  });
  CHECK(lives.made == kDeep + 1);
  CHECK(lives.ended == kDeep + 1);
}

TEST_CASE("a poll asks the leaf alone, at any depth") {
  Lives lives;
  Gate gate;
  on_small_stack([&] {  // one frame of the stack for each level would be too much for it
    CountingWaker task;
    auto future = waits_deep(kDeep, gate, Counted(lives));
    for (int polls = 1; polls <= 1000; ++polls) {
      CHECK_FALSE(poll_for(task, future).is_ready());
      CHECK(gate.polls() == polls);
    }
    gate.open();
    CHECK(poll_for(task, future).is_ready());
  });
  CHECK(gate.polls() == 1001);
  CHECK(lives.alive() == 0);
}

Async<int> completes_at_once(int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) {
    co_await ready();
    const int one = co_await number(1);
    sum += one;
  }
  co_return sum;
}

TEST_CASE("a million awaits that complete at once take no stack") {
  constexpr int kMany = 1'000'000;
  int sum = 0;
  on_small_stack([&] { sum = result_of(completes_at_once(kMany)); });
  CHECK(sum == kMany);
}

Async<int> number_behind(Gate& gate, Lives& lives) {
  const Counted local(lives);
  co_await gate.wait();
  co_return 7;
}
Async<int> nested_behind(Gate& gate, Lives& lives) {
  const Counted local(lives);
  const int value = co_await number_behind(gate, lives);
  co_return value;
}
Async<int> awaits(Async<int> inner) {
  const int value = co_await std::move(inner);
  co_return value;
}

TEST_CASE("a coroutine may be polled by hand before it is awaited") {
  Gate gate;
  Lives lives;
  CountingWaker first;
  auto inner = nested_behind(gate, lives);
  CHECK_FALSE(poll_for(first, inner).is_ready());
  CountingWaker task;
  auto outer = awaits(std::move(inner));
  CHECK_FALSE(poll_for(task, outer).is_ready());
  CHECK(first.wakers() == 0);  // the last poll's waker counts
  SUBCASE("and goes on where it was") {
    gate.open();
    CHECK(task.wakes() == 1);
    CHECK(poll_for(task, outer).take() == 7);
  }
  SUBCASE("and is cancelled where it was") {
    CHECK(lives.alive() == 2);
    outer.reset();
    CHECK(gate.polls() == 2);
  }
  CHECK(lives.alive() == 0);
  CHECK(lives.ended == 2);
}

Async<int> awaits_reference(Async<int>& inner) {
  const int value = co_await inner;
  co_return value;
}

TEST_CASE("a coroutine that is awaited by reference outlives who awaited it") {
  Gate gate;
  Lives lives;
  auto inner = nested_behind(gate, lives);
  {
    auto cancelled = awaits_reference(inner);
    CHECK_FALSE(poll_once(cancelled).is_ready());
  }
  CHECK(lives.alive() == 2);
  gate.open();
  CHECK(result_of(awaits_reference(inner)) == 7);
  CHECK(lives.alive() == 0);
}

TEST_CASE("a coroutine may be moved before its first poll") {
  auto first = number(7);
  auto second = std::move(first);
  first = number(8);
  CHECK(poll_once(second).take() == 7);
  second = std::move(first);
  CHECK(poll_once(second).take() == 8);
}

TEST_CASE("a coroutine that waits is destroyed when another is assigned to it") {
  Gate gate;
  Lives lives;
  {
    auto future = number_behind(gate, lives);
    CHECK_FALSE(poll_once(future).is_ready());
    future = number(1);
    CHECK(lives.alive() == 0);
    CHECK(poll_once(future).take() == 1);
  }
  CHECK(lives.ended == 1);
}

Async<std::string> two_futures(Gate& first, Gate& second) {
  co_await first.wait();
  const std::string text = co_await ready(std::string("between"));
  co_await second.wait();
  co_return text;
}

TEST_CASE("a coroutine waits for one future after another") {
  Gate first;
  Gate second;
  CountingWaker task;
  auto future = two_futures(first, second);
  CHECK_FALSE(poll_for(task, future).is_ready());
  first.open();
  CHECK_FALSE(poll_for(task, future).is_ready());
  CHECK(second.polls() == 1);
  second.open();
  CHECK(task.wakes() == 2);
  CHECK(poll_for(task, future).take() == "between");
}

}  // namespace
}  // namespace runtime
