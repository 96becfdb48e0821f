// Do join_all and join wait for all, keep the order, and let go of each future in time?

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "support.hpp"

namespace runtime {
namespace {

Async<> nothing_after(Gate::Wait opened, Counted) {
  co_await std::move(opened);
}

/// A future of each gate, whose result is the gate's number.
std::vector<Async<int>> numbers_after(std::vector<Gate>& gates, Lives& lives) {
  std::vector<Async<int>> futures;
  for (Gate& gate : gates) {
    const int number = static_cast<int>(futures.size());
    futures.push_back(number_after(gate.wait(), number, Counted(lives)));
  }
  return futures;
}

TEST_CASE("join_all gives the results in the order of the futures, whoever is ready first") {
  std::vector<Gate> gates(3);
  Lives lives;
  CountingWaker task;
  auto all = join_all(numbers_after(gates, lives));
  CHECK_FALSE(poll_for(task, all).is_ready());
  for (const std::size_t i : {2u, 0u}) {
    gates[i].open();
    CHECK_FALSE(poll_for(task, all).is_ready());
  }
  gates[1].open();
  CHECK(poll_for(task, all).take() == std::vector{0, 1, 2});
  CHECK(task.wakes() == 3);
  CHECK(task.wakers() == 0);
}

TEST_CASE("join_all polls, in each poll, all that are not done, and nobody who is") {
  std::vector<Gate> gates(10);
  Lives lives;
  auto all = join_all(numbers_after(gates, lives));
  CHECK_FALSE(poll_once(all).is_ready());
  gates[3].open();
  CHECK_FALSE(poll_once(all).is_ready());
  CHECK_FALSE(poll_once(all).is_ready());
  for (std::size_t i = 0; i < 10; ++i) CHECK(gates[i].polls() == (i == 3 ? 2 : 3));
}

TEST_CASE("join_all destroys each future as soon as it is ready, and once") {
  std::vector<Gate> gates(2);
  Lives lives;
  auto all = join_all(numbers_after(gates, lives));
  CHECK_FALSE(poll_once(all).is_ready());
  CHECK(lives.alive() == 2);
  gates[1].open();
  CHECK_FALSE(poll_once(all).is_ready());
  CHECK(lives.ended == 1);
  gates[0].open();
  CHECK(poll_once(all).is_ready());
  CHECK(lives.made == 2);
  CHECK(lives.ended == 2);
}

TEST_CASE("join_all of nothing is ready at once") {
  CHECK(result_of(join_all(std::vector<Ready<int>>())).empty());
  result_of(join_all(std::vector<Ready<void>>()));
}

TEST_CASE("join_all passes void, references, bools and what can only be moved") {
  std::vector<Async<>> nothing;
  Gate gate;
  Lives lives;
  nothing.push_back(nothing_after(gate.wait(), Counted(lives)));
  auto all = join_all(std::move(nothing));
  static_assert(std::is_void_v<OutputOf<decltype(all)>>);
  CHECK_FALSE(poll_once(all).is_ready());
  gate.open();
  CHECK(poll_once(all).is_ready());

  int object = 0;
  CHECK(result_of(join_all(std::vector{Ready<int&>(&object)})).at(0) == &object);
  CHECK(result_of(join_all(std::vector{ready(true), ready(false)})) == std::vector{true, false});
  std::vector<Ready<std::unique_ptr<int>>> owners;
  owners.push_back(ready(std::make_unique<int>(7)));
  CHECK(*result_of(join_all(std::move(owners))).at(0) == 7);
}

TEST_CASE("join_all throws what a future throws, and its end cancels the others") {
  std::vector<Gate> gates(3);
  Lives lives;
  CountingWaker task;
  {
    auto futures = numbers_after(gates, lives);
    futures.insert(futures.begin(), fails_after(gates[1].wait(), Counted(lives)));
    auto all = join_all(std::move(futures));
    CHECK_FALSE(poll_for(task, all).is_ready());
    gates[1].open();
    CHECK_THROWS_WITH(static_cast<void>(poll_for(task, all)), "child");
  }
  CHECK(task.wakers() == 0);
  CHECK(lives.made == 4);
  CHECK(lives.ended == 4);
}

TEST_CASE("join_all dropped at each await point leaves no waiter and no future") {
  for (std::size_t opened = 0; opened <= 3; ++opened) {
    CAPTURE(opened);
    std::vector<Gate> gates(3);
    Lives lives;
    CountingWaker task;
    {
      auto all = join_all(numbers_after(gates, lives));
      for (std::size_t i = 0; i < opened; ++i) {
        CHECK_FALSE(poll_for(task, all).is_ready());
        gates[i].open();
      }
    }
    CHECK(task.wakers() == 0);
    CHECK(lives.made == 3);
    CHECK(lives.ended == 3);
  }
}

TEST_CASE("join gives results of different types in order, whoever is ready first") {
  Gate first;
  Gate second;
  Lives lives;
  CountingWaker task;
  auto text = then(second.wait(), [] { return std::string("text"); });
  auto nothing = nothing_after(second.wait(), Counted(lives));
  auto all =
      join(number_after(first.wait(), 7, Counted(lives)), std::move(text), std::move(nothing));
  static_assert(std::is_same_v<OutputOf<decltype(all)>, std::tuple<int, std::string, Done>>);
  CHECK_FALSE(poll_for(task, all).is_ready());
  second.open();
  CHECK_FALSE(poll_for(task, all).is_ready());
  first.open();
  const auto results = poll_for(task, all).take();
  CHECK(std::get<0>(results) == 7);
  CHECK(std::get<1>(results) == "text");
  CHECK(task.wakers() == 0);
}

TEST_CASE("join passes references and what can only be moved") {
  int object = 0;
  auto results = result_of(join(Ready<int&>(&object), ready(std::make_unique<int>(7))));
  CHECK(std::get<0>(results) == &object);
  CHECK(*std::get<1>(results) == 7);
}

TEST_CASE("join polls, in each poll, all that are not done, in order") {
  Gate gates[3];
  std::vector<int> polled;
  const auto noting = [&](int number) {
    return poll_fn([&polled, number, wait = gates[number].wait()](Context& context) mutable {
      polled.push_back(number);
      return wait.poll(context);
    });
  };
  auto all = join(noting(0), noting(1), noting(2));
  CHECK_FALSE(poll_once(all).is_ready());
  gates[0].open();
  CHECK_FALSE(poll_once(all).is_ready());
  CHECK_FALSE(poll_once(all).is_ready());
  CHECK(polled == std::vector{0, 1, 2, 0, 1, 2, 1, 2});
}

TEST_CASE("join destroys each future as soon as it is ready, and once") {
  Gate first;
  Gate second;
  Lives lives;
  auto nothing = nothing_after(second.wait(), Counted(lives));
  auto both = join(number_after(first.wait(), 1, Counted(lives)), std::move(nothing));
  CHECK_FALSE(poll_once(both).is_ready());
  CHECK(lives.alive() == 2);
  second.open();
  CHECK_FALSE(poll_once(both).is_ready());
  CHECK(lives.ended == 1);
  first.open();
  CHECK(poll_once(both).is_ready());
  CHECK(lives.made == 2);
  CHECK(lives.ended == 2);
}

TEST_CASE("join throws what a future throws, and its end cancels the others") {
  Gate first;
  Gate second;
  Lives lives;
  CountingWaker task;
  {
    auto failing = fails_after(second.wait(), Counted(lives));
    auto both = join(number_after(first.wait(), 1, Counted(lives)), std::move(failing));
    CHECK_FALSE(poll_for(task, both).is_ready());
    second.open();
    CHECK_THROWS_WITH(static_cast<void>(poll_for(task, both)), "child");
  }
  CHECK(task.wakers() == 0);
  CHECK(lives.made == 2);
  CHECK(lives.ended == 2);
}

TEST_CASE("join dropped at each await point leaves no waiter and no future") {
  for (std::size_t opened = 0; opened <= 2; ++opened) {
    CAPTURE(opened);
    Gate gates[2];
    Lives lives;
    CountingWaker task;
    {
      auto nothing = nothing_after(gates[1].wait(), Counted(lives));
      auto both = join(number_after(gates[0].wait(), 1, Counted(lives)), std::move(nothing));
      for (std::size_t i = 0; i < opened; ++i) {
        CHECK_FALSE(poll_for(task, both).is_ready());
        gates[i].open();
      }
    }
    CHECK(task.wakers() == 0);
    CHECK(lives.made == 2);
    CHECK(lives.ended == 2);
  }
}

Async<int> sum_of_all(std::vector<Gate>& gates, Gate& last, Lives& lives) {
  auto nothing = nothing_after(last.wait(), Counted(lives));
  const auto both = co_await join(join_all(numbers_after(gates, lives)), std::move(nothing));
  int sum = 0;
  for (const int number : std::get<0>(both)) sum += number;
  co_return sum;
}

TEST_CASE("join and join_all on every executor: wakes from another thread, in any order") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    std::vector<Gate> gates(10);
    Gate last;
    Lives lives;
    std::thread opens([&] {
      last.wait_for_polls(1);
      last.open();
      for (std::size_t i = 0; i < 10; ++i) gates[i * 7 % 10].open();
    });
    CHECK(block_on(sum_of_all(gates, last, lives), options) == 45);
    opens.join();
    CHECK(lives.made == 11);
    CHECK(lives.ended == 11);
  }
}

TEST_CASE("join finds a deadlock as the futures in it would") {
  CHECK_THROWS_AS(block_on(join(Never(), ready(1))), Deadlock);
}

}  // namespace
}  // namespace runtime
