// Does a task live once, end once, and reach who joins it? On one thread and on several.

#include <doctest/doctest.h>

#include <thread>

#include "support.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;

Async<int> answer() {
  co_await yield_now();
  co_return 42;
}

Async<int> fail() {
  co_await yield_now();
  throw std::runtime_error("it failed");
}

/// Lives from its call on, and waits for the gate.
Async<> wait_at(Gate& gate, Counted) {
  co_await gate.wait();
}

template <class T>
Async<T> join(JoinHandle<T> handle) {
  co_return co_await handle;
}

Async<std::string> error_of(JoinHandle<void> handle) {
  try {
    co_await handle;
  } catch (const std::exception& error) {
    co_return error.what();
  }
  co_return "nothing";
}

Async<> results() {
  const int value = co_await join(spawn(answer()));
  CHECK(value == 42);
  auto later = spawn(answer());
  for (int i = 0; i < 5; ++i) co_await yield_now();
  const int done_before = co_await later;
  CHECK(done_before == 42);
}

TEST_CASE("a result reaches who joins, before and after the task's end") {
  for (const Options& options : executors()) block_on(results(), options);
}

TEST_CASE("an exception in a task reaches who joins it, and who blocks on it") {
  for (const Options& options : executors()) {
    CHECK(thrown_by([&] { block_on(fail(), options); }) == "it failed");
    CHECK(thrown_by([&] {
            auto joins = poll_fn(
                [handle = std::optional<JoinHandle<int>>()](Context& context) mutable -> Poll<int> {
                  if (!handle) handle = spawn(fail());
                  return handle->poll(context);
                });
            block_on(std::move(joins), options);
          }) == "it failed");
  }
}

Async<> abort_where_it_waits(Lives& lives) {
  Gate gate;
  auto handle = spawn(wait_at(gate, Counted(lives)));
  while (gate.polls() == 0) co_await yield_now();
  handle.abort();
  const std::string error = co_await error_of(std::move(handle));
  CHECK(error == Aborted().what());
  CHECK(lives.alive() == 0);  // who has joined knows that destructors have run
}

Async<> abort_before_the_first_poll(Lives& lives) {
  Gate gate;
  auto handle = spawn(wait_at(gate, Counted(lives)));
  handle.abort();
  handle.abort();
  const std::string error = co_await error_of(std::move(handle));
  CHECK(error == Aborted().what());
  CHECK(lives.alive() == 0);
}

Async<> abort_too_late() {
  auto handle = spawn(answer());
  for (int i = 0; i < 5; ++i) co_await yield_now();
  co_await sleep(1ms);
  handle.abort();
  static_cast<void>(handle);
}

TEST_CASE("an aborted task is destroyed where it waits, before who joins it goes on") {
  for (const Options& options : executors()) {
    Lives lives;
    block_on(abort_where_it_waits(lives), options);
    if (options.workers == 0) block_on(abort_before_the_first_poll(lives), options);
    block_on(abort_too_late(), options);
    CHECK(lives.alive() == 0);
  }
}

Async<> detached(Lives& lives, Gate& gate) {
  spawn(wait_at(gate, Counted(lives))).detach();
  { const auto dropped = spawn(wait_at(gate, Counted(lives))); }
  co_await yield_now();
}

TEST_CASE("tasks that are left when the runtime ends are destroyed, once") {
  for (const Options& options : executors()) {
    Lives lives;
    Gate gate;
    block_on(detached(lives, gate), options);
    CHECK(lives.made == 2);
    CHECK(lives.alive() == 0);
    gate.knock();
  }
}

Async<> keep_waker(Waker& waker) {
  auto keeps = poll_fn([&](Context& context) -> Poll<void> {
    waker = context.waker();
    return done;
  });
  co_await keeps;
}

TEST_CASE("a waker may outlive its task and its runtime, and wakes nobody") {
  for (const Options& options : executors()) {
    Waker waker;
    block_on(keep_waker(waker), options);
    waker.wake();
    const Waker copy = waker;
    copy.wake();
  }
}

Async<int> polls_for(int wakes) {
  int polls = 0;
  auto counts = poll_fn([&](Context& context) -> Poll<int> {
    ++polls;
    if (polls == 2) return polls;
    for (int i = 0; i < wakes; ++i) context.wake_self();
    return pending;
  });
  co_return co_await counts;
}

TEST_CASE("many wakes during a poll are one more poll") {
  for (const Options& options : executors()) CHECK(block_on(polls_for(100), options) == 2);
}

Async<> always_ready(std::uint64_t& polls) {
  for (;;) {
    co_await yield_now();
    ++polls;
  }
}

Async<std::uint64_t> beside_one_that_is_always_ready() {
  std::uint64_t polls = 0;
  auto busy = spawn(always_ready(polls));
  co_await sleep(1ms);  // needs the driver
  busy.abort();
  const auto reactor = Handle::current().reactor();
  CHECK(polls <= (reactor->turns() + 1) * kTasksPerTurn);
  co_return polls;
}

TEST_CASE("a task that is always ready starves neither the others nor the driver") {
  CHECK(block_on(beside_one_that_is_always_ready()) > 0);
}

TEST_CASE("outside of a runtime spawn throws, and inside of one block_on does") {
  CHECK_THROWS_AS(static_cast<void>(spawn(answer())), std::logic_error);
  const auto nested = [] { return block_on(answer()); };
  CHECK_THROWS_AS(block_on(poll_fn([&](Context&) -> Poll<int> { return nested(); })),
                  std::logic_error);
}

// Deadlocks.

Async<> join_each_other(std::optional<JoinHandle<void>>& other) {
  while (!other) co_await yield_now();
  co_await *other;
}

Async<> two_that_join_each_other() {
  std::optional<JoinHandle<void>> first;
  std::optional<JoinHandle<void>> second;
  first = spawn(join_each_other(second));
  second = spawn(join_each_other(first));
  co_await *first;
}

TEST_CASE("who waits for nothing, or for each other, is told so") {
  for (const Options& options : executors()) CHECK_THROWS_AS(block_on(Never(), options), Deadlock);
  CHECK_THROWS_AS(block_on(two_that_join_each_other()), Deadlock);
}

TEST_CASE("it is no deadlock while another thread has a waker, also the last one") {
  for (const Options& options : executors()) {
    for (int i = 0; i < 200; ++i) {
      Gate gate;
      std::jthread opens([&] {
        gate.wait_for_polls(1);
        gate.open();
      });
      Lives lives;
      CHECK_NOTHROW(block_on(wait_at(gate, Counted(lives)), options));
    }
  }
}

// Blocking work.

Async<int> sum_of_blocking(int count) {
  std::vector<JoinHandle<int>> handles;
  for (int i = 1; i <= count; ++i) handles.push_back(spawn_blocking([=] { return i; }));
  int sum = 0;
  for (auto& handle : handles) {
    const int value = co_await handle;
    sum += value;
  }
  co_return sum;
}

TEST_CASE("blocking work gives its results, also when there is more of it than threads") {
  for (const Options& options : executors())
    CHECK(block_on(sum_of_blocking(200), options) == 20'100);
}

Async<> leave_it(Flag& began, Flag& may_end) {
  spawn_blocking([&] {
    began.set();
    may_end.wait();
  }).detach();
  began.wait();
  co_return;
}

TEST_CASE("the runtime's end waits for blocking work that has begun") {
  Flag began, may_end;
  std::atomic<bool> ended = false;
  std::jthread thread([&] {
    block_on(leave_it(began, may_end));
    ended = true;
  });
  began.wait();
  CHECK_FALSE(ended);
  may_end.set();
}

}  // namespace
}  // namespace runtime
