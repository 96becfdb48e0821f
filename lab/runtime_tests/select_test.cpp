// Does select give the first, and only the first, and is nothing left of the others?

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

#include "support.hpp"

namespace runtime {
namespace {

TEST_CASE("select gives the result of the first to be ready, and tells which") {
  Gate gates[3];
  Lives lives;
  CountingWaker task;
  auto text = then(gates[1].wait(), [] { return std::string("text"); });
  auto first =
      select(number_after(gates[0].wait(), 7, Counted(lives)), std::move(text), gates[2].wait());
  using Output = OutputOf<decltype(first)>;
  static_assert(std::is_same_v<Output, std::variant<int, std::string, Done>>);
  CHECK_FALSE(poll_for(task, first).is_ready());
  gates[1].open();
  CHECK(task.wakes() == 1);
  const auto result = poll_for(task, first).take();
  REQUIRE(result.index() == 1);
  CHECK(std::get<1>(result) == "text");
}

TEST_CASE("select tells futures of one type apart") {
  CHECK(result_of(select(Never(), ready())).index() == 1);
  const auto result =
      result_of(select(poll_fn([](Context&) -> Poll<int> { return pending; }), ready(1), ready(2)));
  REQUIRE(result.index() == 1);
  CHECK(std::get<1>(result) == 1);
}

TEST_CASE("select passes references and what can only be moved") {
  int object = 0;
  CHECK(std::get<0>(result_of(select(Ready<int&>(&object)))) == &object);
  auto owner = result_of(select(Never(), ready(std::make_unique<int>(7))));
  CHECK(*std::get<1>(owner) == 7);
}

TEST_CASE("select asks in order: in a tie the first one wins, and the others are not asked") {
  Gate gates[3];
  auto first = select(gates[0].wait(), gates[1].wait(), gates[2].wait());
  CHECK_FALSE(poll_once(first).is_ready());
  gates[2].open();
  gates[1].open();
  CHECK(poll_once(first).take().index() == 1);
  CHECK(gates[0].polls() == 2);
  CHECK(gates[2].polls() == 1);
}

TEST_CASE("select destroys all its futures before it returns the result") {
  Gate gates[2];
  Lives lives;
  CountingWaker task;
  auto first = select(number_after(gates[0].wait(), 0, Counted(lives)),
                      number_after(gates[1].wait(), 1, Counted(lives)));
  CHECK_FALSE(poll_for(task, first).is_ready());
  CHECK(lives.alive() == 2);
  gates[1].open();
  CHECK(poll_for(task, first).is_ready());
  CHECK(lives.made == 2);
  CHECK(lives.ended == 2);
  CHECK(task.wakers() == 0);
}

TEST_CASE("select throws what the first throws, and has destroyed all its futures by then") {
  Gate gates[2];
  Lives lives;
  CountingWaker task;
  auto first = select(number_after(gates[0].wait(), 0, Counted(lives)),
                      fails_after(gates[1].wait(), Counted(lives)));
  CHECK_FALSE(poll_for(task, first).is_ready());
  gates[1].open();
  CHECK_THROWS_WITH(static_cast<void>(poll_for(task, first)), "child");
  CHECK(lives.made == 2);
  CHECK(lives.ended == 2);
  CHECK(task.wakers() == 0);
}

TEST_CASE("select leaves lvalues alone: a loser may be awaited again") {
  Gate gates[2];
  Lives lives;
  CountingWaker task;
  auto kept = number_after(gates[0].wait(), 7, Counted(lives));
  {
    auto first = select(kept, number_after(gates[1].wait(), 1, Counted(lives)));
    CHECK_FALSE(poll_for(task, first).is_ready());
    gates[1].open();
    CHECK(poll_for(task, first).take().index() == 1);
  }
  CHECK(lives.ended == 1);
  CHECK_FALSE(poll_for(task, kept).is_ready());
  gates[0].open();
  CHECK(poll_for(task, kept).take() == 7);
}

TEST_CASE("select leaves lvalues alone when another one throws") {
  Gate gates[2];
  Lives lives;
  auto kept = number_after(gates[0].wait(), 7, Counted(lives));
  auto failing = fails_after(gates[1].wait(), Counted(lives));
  auto first = select(kept, failing);
  CHECK_FALSE(poll_once(first).is_ready());
  gates[1].open();
  CHECK_THROWS_WITH(static_cast<void>(poll_once(first)), "child");
  CHECK(lives.alive() == 2);
  gates[0].open();
  CHECK(poll_once(kept).take() == 7);
}

TEST_CASE("select dropped before and after its first poll leaves no waiter and no future") {
  for (const int polls : {0, 1, 2}) {
    CAPTURE(polls);
    Gate gates[2];
    Lives lives;
    CountingWaker task;
    {
      auto first = select(number_after(gates[0].wait(), 0, Counted(lives)),
                          number_after(gates[1].wait(), 1, Counted(lives)));
      for (int i = 0; i < polls; ++i) CHECK_FALSE(poll_for(task, first).is_ready());
      CHECK(lives.alive() == 2);
    }
    CHECK(task.wakers() == 0);
    CHECK(lives.made == 2);
    CHECK(lives.ended == 2);
  }
}

Async<int> races(Gate& slow, Gate& fast, Flag& decided, Lives& lives) {
  auto kept = number_after(slow.wait(), 40, Counted(lives));
  const auto first = co_await select(kept, number_after(fast.wait(), 2, Counted(lives)));
  decided.set();
  if (first.index() != 1) co_return -1;
  const int second = co_await kept;
  co_return std::get<1>(first) + second;
}

TEST_CASE("select on every executor: a wake from another thread, then one for the loser") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Gate slow;
    Gate fast;
    Flag decided;
    Lives lives;
    std::thread opens([&] {
      fast.wait_for_polls(1);
      fast.open();
      decided.wait();
      slow.open();
    });
    CHECK(block_on(races(slow, fast, decided, lives), options) == 42);
    opens.join();
    CHECK(lives.made == 2);
    CHECK(lives.ended == 2);
  }
}

TEST_CASE("both are opened while select polls, on two threads: one result, nothing is left") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    for (int i = 0; i < 50; ++i) {
      Gate gates[2];
      Lives lives;
      std::thread opens([&] {
        gates[0].wait_for_polls(1);
        gates[1].open();
        gates[0].open();
      });
      const auto first = block_on(select(number_after(gates[0].wait(), 0, Counted(lives)),
                                         number_after(gates[1].wait(), 1, Counted(lives))),
                                  options);
      opens.join();
      const int number = first.index() == 0 ? std::get<0>(first) : std::get<1>(first);
      CHECK(number == static_cast<int>(first.index()));
      CHECK(lives.made == 2);
      CHECK(lives.ended == 2);
    }
  }
}

}  // namespace
}  // namespace runtime
