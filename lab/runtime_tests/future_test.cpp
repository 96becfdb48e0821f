// Do the small futures answer when they should, with what they should?

#include "runtime/future/future.hpp"

#include <doctest/doctest.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "support.hpp"

namespace runtime {
namespace {

/// Fails at its first poll. T is its output.
template <class T>
struct Failing {
  using Output = T;
  Poll<T> poll(Context&) { throw std::runtime_error("leaf"); }
};

struct NoException {};
struct ThrowsNoException {
  using Output = void;
  Poll<void> poll(Context&) { throw NoException(); }
};

TEST_CASE("poll_fn calls its function at each poll with the polling context") {
  int polls = 0;
  Waker kept;
  auto future = poll_fn([&](Context& context) -> Poll<int> {
    kept = context.waker();
    if (++polls < 3) return pending;
    return polls;
  });
  CountingWaker task;
  CHECK_FALSE(poll_for(task, future).is_ready());
  CHECK(kept.will_wake(task));
  CHECK_FALSE(poll_for(task, future).is_ready());
  CHECK(poll_for(task, future).take() == 3);
  kept = Waker();
}

TEST_CASE("poll_fn passes references, void and what can only be moved") {
  int object = 0;
  const auto reference = [&](Context&) -> Poll<int&> { return &object; };
  CHECK(&result_of(poll_fn(reference)) == &object);
  bool called = false;
  result_of(poll_fn([&](Context&) -> Poll<void> {
    called = true;
    return done;
  }));
  CHECK(called);
  const auto owner = [](Context&) -> Poll<std::unique_ptr<int>> {
    return std::make_unique<int>(1);
  };
  CHECK(*result_of(poll_fn(owner)) == 1);
}

TEST_CASE("yield_now is pending once, and wakes the task itself") {
  CountingWaker task;
  auto future = yield_now();
  CHECK_FALSE(poll_for(task, future).is_ready());
  CHECK(task.wakes() == 1);
  CHECK(poll_for(task, future).is_ready());
  CHECK(task.wakes() == 1);
}

TEST_CASE("a waker wakes its target from its copies too, and lets go of it") {
  CountingWaker task;
  {
    const Waker waker(task);
    Waker copy = waker;
    Waker moved = std::move(copy);
    copy = moved;
    CHECK(task.wakers() == 3);
    copy.wake();
    waker.wake();
    CHECK(waker.will_wake(task));
    CHECK(waker);
  }
  CHECK(task.wakes() == 2);
  CHECK(task.wakers() == 0);
  const Waker nobody;
  nobody.wake();
  CHECK_FALSE(nobody);
  CHECK_FALSE(nobody.will_wake(task));
}

TEST_CASE("a context's budget is spent once, and then the task is woken for later") {
  CountingWaker task;
  Context context(task);
  for (int i = 0; i < Context::kBudget; ++i) CHECK(context.spend());
  CHECK(task.wakes() == 0);
  CHECK_FALSE(context.spend());
  CHECK(task.wakes() == 1);
  Context next_poll(task);
  CHECK(next_poll.spend());
}

TEST_CASE("a context within another one wakes somebody else, and spends the same budget") {
  CountingWaker task;
  CountingWaker child;
  Context outer(task);
  CHECK(outer.spend());
  {
    Context inner(child, outer);
    for (int i = 1; i < Context::kBudget; ++i) CHECK(inner.spend());
    CHECK_FALSE(inner.spend());
    CHECK(child.wakes() == 1);
    CHECK(task.wakes() == 0);
  }
  CHECK_FALSE(outer.spend());
  CHECK(task.wakes() == 1);
}

TEST_CASE("then calls its function with the result, once there is one") {
  Gate gate;
  int calls = 0;
  auto future = then(gate.wait(), [&] { return ++calls; });
  CountingWaker task;
  CHECK_FALSE(poll_for(task, future).is_ready());
  CHECK(calls == 0);
  gate.open();
  CHECK(task.wakes() == 1);
  CHECK(poll_for(task, future).take() == 1);
  CHECK(calls == 1);
}

TEST_CASE("then passes references, void and what can only be moved") {
  int object = 0;
  const auto same = [](int& value) -> int& { return value; };
  CHECK(&result_of(then(Ready<int&>(&object), same)) == &object);
  std::string seen;
  result_of(then(ready(std::string("text")), [&](std::string text) { seen = std::move(text); }));
  CHECK(seen == "text");
  const auto increment = [](std::unique_ptr<int> value) {
    ++*value;
    return value;
  };
  CHECK(*result_of(then(ready(std::make_unique<int>(1)), increment)) == 2);
  int calls = 0;
  result_of(then(ready(), [&] { ++calls; }));
  CHECK(calls == 1);
}

TEST_CASE("a failure passes by then's function") {
  int calls = 0;
  auto future = then(Failing<int>(), [&](int) { return ++calls; });
  CHECK_THROWS_WITH(static_cast<void>(poll_once(future)), "leaf");
  CHECK(calls == 0);
}

TEST_CASE("then's function may fail") {
  auto future = then(ready(1), [](int) -> int { throw std::runtime_error("function"); });
  CHECK_THROWS_WITH(static_cast<void>(poll_once(future)), "function");
}

TEST_CASE("map_error turns an error into a result") {
  std::string seen;
  const auto fallback = [&](const std::exception& error) {
    seen = error.what();
    return 5;
  };
  CHECK(result_of(map_error(Failing<int>(), fallback)) == 5);
  CHECK(seen == "leaf");
}

TEST_CASE("map_error of void and of a reference") {
  int calls = 0;
  result_of(map_error(Failing<void>(), [&](const std::exception&) { ++calls; }));
  CHECK(calls == 1);
  int fallback = 0;
  const auto other = [&](const std::exception&) -> int& { return fallback; };
  CHECK(&result_of(map_error(Failing<int&>(), other)) == &fallback);
}

TEST_CASE("map_error turns an error into another error") {
  auto future = map_error(Failing<int>(), [](const std::exception& error) -> int {
    throw std::logic_error(std::string("mapped ") + error.what());
  });
  CHECK_THROWS_AS(static_cast<void>(poll_once(future)), std::logic_error);
}

TEST_CASE("map_error lets results, waiting and what is no std::exception pass") {
  int calls = 0;
  const auto count = [&](const std::exception&) { ++calls; };
  result_of(map_error(ready(), count));
  auto never = map_error(Never(), count);
  CHECK_FALSE(poll_once(never).is_ready());
  auto other = map_error(ThrowsNoException(), count);
  CHECK_THROWS_AS(static_cast<void>(poll_once(other)), NoException);
  CHECK(calls == 0);
}

}  // namespace
}  // namespace runtime
