// Does block_on say so when it would wait for ever, and only then?

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "runtime/executor/block_on.hpp"
#include "support.hpp"

namespace runtime {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a future that keeps no waker is a deadlock, and is destroyed") {
  const auto main = [](Counted) -> Async<> { co_await Never(); };
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Lives lives;
    CHECK_THROWS_AS(block_on(main(Counted(lives)), options), Deadlock);
    CHECK(lives.ended == 1);
  }
}

TEST_CASE("a future whose waker was dropped unused is a deadlock") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    auto main = poll_fn([](Context& context) -> Poll<void> {
      static_cast<void>(context.waker());
      return pending;
    });
    CHECK_THROWS_AS(block_on(std::move(main), options), Deadlock);
  }
}

struct Pair {
  std::optional<JoinHandle<void>> first;
  std::optional<JoinHandle<void>> second;
};
Async<> joins(std::shared_ptr<Pair> pair, bool first) {
  JoinHandle<void>& other = first ? *pair->second : *pair->first;
  co_await other;
}
Async<> joins_two_that_join_each_other(Lives& lives) {
  const auto pair = std::make_shared<Pair>();
  const auto counted = [](std::shared_ptr<Pair> shared, bool first, Counted) -> Async<> {
    co_await joins(std::move(shared), first);
  };
  // Both handles are there before either task is polled by another worker: this one holds them up.
  auto gate = std::make_shared<Flag>();
  const auto waits = [](std::shared_ptr<Flag> both, Async<> task) -> Async<> {
    while (!both->is_set()) co_await yield_now();
    co_await std::move(task);
  };
  pair->first = spawn(waits(gate, counted(pair, true, Counted(lives))));
  pair->second = spawn(waits(gate, counted(pair, false, Counted(lives))));
  gate->set();
  co_await Never();
}

TEST_CASE("two tasks that join each other are a deadlock, and are destroyed") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Lives lives;
    CHECK_THROWS_AS(block_on(joins_two_that_join_each_other(lives), options), Deadlock);
    CHECK(lives.made == 2);
    CHECK(lives.ended == 2);
  }
}

TEST_CASE("to join a task that waits for nothing is a deadlock") {
  const auto main = []() -> Async<> {
    auto handle = spawn(Never());
    co_await handle;
  };
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    CHECK_THROWS_AS(block_on(main(), options), Deadlock);
  }
}

TEST_CASE("the deadlock is seen when the last timer has fired") {
  const auto main = []() -> Async<> {
    co_await sleep(milliseconds(1));
    co_await Never();
  };
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    CHECK_THROWS_AS(block_on(main(), options), Deadlock);
  }
}

/// Blocks until the executor of `options` sleeps, or it is too late for a wrong Deadlock: its
/// thread says so by its wait in the kernel. There is nothing to wait for that is not inside of it.
void let_it_sleep() {
  for (int i = 0; i < 100; ++i) std::this_thread::yield();
}

TEST_CASE("it is no deadlock while another thread has a waker") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Gate gate;
    std::thread other([&] {
      gate.wait_for_polls(1);
      const Waker waker = gate.take_waker();
      let_it_sleep();
      gate.open();
      waker.wake();
    });
    CHECK_NOTHROW(block_on(gate.wait(), options));
    other.join();
  }
}

TEST_CASE("it is no deadlock while another thread has the waker of a task that is joined") {
  const auto main = [](Gate& gate) -> Async<> {
    auto handle = spawn(gate.wait());
    co_await handle;
  };
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Gate gate;
    std::thread other([&] {
      gate.wait_for_polls(1);
      let_it_sleep();
      gate.open();
    });
    CHECK_NOTHROW(block_on(main(gate), options));
    other.join();
  }
}

TEST_CASE("it is no deadlock while a timer is set") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    CHECK_NOTHROW(block_on(sleep(milliseconds(1)), options));
  }
}

TEST_CASE("it is no deadlock while a blocking function runs") {
  const auto main = [](Flag& begun) -> Async<> {
    auto work = [&begun] {
      begun.set();
      let_it_sleep();
    };
    co_await spawn_blocking(std::move(work));
  };
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Flag begun;
    CHECK_NOTHROW(block_on(main(begun), options));
    CHECK(begun.is_set());
  }
}

TEST_CASE("a task that has ended, but whose waker a handle still has, hides no waker of another") {
  // A handle is polled by a task that ends before the handle's own task does. Its waker stays in
  // the handle: it must not be taken for one that waits.
  struct State {
    std::optional<JoinHandle<void>> shared;
    Gate never;  // keeps the joined task from ending
    Gate gate;   // opened by another thread
  };
  const auto polls_once = [](State& state) -> Async<> {
    auto once = [&state](Context& context) -> Poll<void> {
      static_cast<void>(state.shared->poll(context));
      return done;
    };
    co_await poll_fn(std::move(once));
  };
  const auto main = [](State& state, Async<> polls) -> Async<> {
    state.shared = spawn(Never());
    co_await spawn(std::move(polls));
    co_await state.gate.wait();
    state.shared.reset();
  };
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    State state;
    std::thread other([&] {
      state.gate.wait_for_polls(1);
      let_it_sleep();
      state.gate.open();
    });
    CHECK_NOTHROW(block_on(main(state, polls_once(state)), options));
    other.join();
  }
}

}  // namespace
}  // namespace runtime
