// Do the tasks of a set give their results as they end, and end with it?

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <vector>

#include "support.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;

Async<int> after(std::chrono::seconds wait, Counted) {
  co_await sleep(wait);
  co_return static_cast<int>(wait.count());
}

TEST_CASE("the results of a set's tasks come as they end, and then nothing") {
  const auto main = [](Lives& lives) -> Async<std::vector<int>> {
    JoinSet<int> tasks;
    for (const auto wait : {3s, 1s, 2s}) tasks.spawn(after(wait, Counted(lives)));
    std::vector<int> results;
    for (;;) {
      const auto result = co_await tasks.next();
      if (!result) break;
      results.push_back(*result);
    }
    CHECK(tasks.size() == 0);
    co_return results;
  };
  Lives lives;
  CHECK(block_on(main(lives), kVirtual) == std::vector{1, 2, 3});
  CHECK(lives.alive() == 0);
}

TEST_CASE("a set that is destroyed aborts the tasks that are left") {
  const auto main = [](Lives& lives) -> Async<> {
    {
      JoinSet<int> tasks;
      for (const auto wait : {1s, 10s, 20s}) tasks.spawn(after(wait, Counted(lives)));
      const auto first = co_await tasks.next();
      CHECK(first == 1);
      CHECK(lives.alive() == 2);
    }
    const auto start = now();
    while (lives.alive() > 0) co_await yield_now();
    CHECK(now() == start);
  };
  Lives lives;
  block_on(main(lives), kVirtual);
  CHECK(lives.made == 3);
}

TEST_CASE("shut_down waits until all tasks of a set are gone, whatever they throw") {
  const auto fails = []() -> Async<int> {
    throw std::runtime_error("child");
    co_return 0;
  };
  const auto main = [](auto failing, Lives& lives) -> Async<> {
    JoinSet<int> tasks;
    for (const auto wait : {1s, 2s, 3s}) tasks.spawn(after(wait, Counted(lives)));
    tasks.spawn(failing());
    co_await sleep(1500ms);
    const auto start = now();
    co_await tasks.shut_down();
    CHECK(now() == start);
    CHECK(tasks.size() == 0);
    CHECK(lives.alive() == 0);
    tasks.spawn(after(1s, Counted(lives)));
    const auto again = co_await tasks.next();
    CHECK(again == 1);
  };
  Lives lives;
  block_on(main(fails, lives), kVirtual);
}

TEST_CASE("a set on every executor: some tasks end, the others are aborted, and none is left") {
  const auto main = [](std::vector<Gate>& gates, Lives& lives) -> Async<int> {
    JoinSet<int> tasks;
    for (int i = 0; Gate & gate : gates) {
      tasks.spawn(number_after(gate.wait(), i++, Counted(lives)));
    }
    gates[3].open();
    gates[5].open();
    const auto first = co_await tasks.next();
    const auto second = co_await tasks.next();
    co_await tasks.shut_down();
    CHECK(lives.alive() == 0);
    co_return first.value() + second.value();
  };
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    std::vector<Gate> gates(10);
    Lives lives;
    CHECK(block_on(main(gates, lives), options) == 8);
    CHECK(lives.made == 10);
  }
}

TEST_CASE("what a task throws comes out of next, and the others go on") {
  const auto fails = []() -> Async<int> {
    throw std::runtime_error("child");
    co_return 0;
  };
  const auto main = [](auto failing, Lives& lives) -> Async<> {
    JoinSet<int> tasks;
    tasks.spawn(after(1s, Counted(lives)));
    tasks.spawn(failing());
    std::optional<std::string> error;
    try {
      co_await tasks.next();
    } catch (const std::runtime_error& thrown) {
      error = thrown.what();
    }
    CHECK(error == "child");
    const auto result = co_await tasks.next();
    CHECK(result == 1);
  };
  Lives lives;
  block_on(main(fails, lives), kVirtual);
}

}  // namespace
}  // namespace runtime
