// Does this compiler make and destroy every object of a coroutine exactly once? A program of its
// own, built at -O0 and at -O2, that counts them in each form of co_await that this repository
// allows. With a new compiler, look here first.
//
// The forms that are not allowed, because some compiler gets them wrong:
//  - braced lists in a co_await's statement, `co_await f(Arguments{1, 2})`, and awaiters that are
//    aggregates: g++ 12 destroys them twice.
//  - a lambda that captures by value, written inside of the statement: the same. Name it first.
//  - `if (co_await f())`, `while (co_await f())`: g++ 12 may take the wrong branch.
//  - `condition ? co_await f() : co_await g()`: clang has destroyed the wrong one.
//  - `auto [a, b] = co_await f()`: g++ 15 and 16 skip the destructors.
//  - `CHECK(co_await f())`, and in other macros: g++ 14 runs it twice.
//  - coroutine lambdas with captures, and parameters that are references to temporaries: they
//    dangle with every compiler.
//
// To see what yours does: cmake -DCMAKE_CXX_FLAGS=-DFORBIDDEN_FORMS, and run it.

#include <cstdio>
#include <stdexcept>
#include <utility>

#include "runtime/coroutine/async.hpp"
#include "runtime/future/small_futures.hpp"

namespace runtime {
namespace {

int made = 0;
int destroyed = 0;
int failures = 0;

/// Counts every construction and destruction, and knows where it lives: a copy of its bytes, or a
/// second destruction, shows.
class Probe {
 public:
  explicit Probe(int number) : number_(number), self_(this) { ++made; }
  Probe(const Probe& other) : number_(other.number()), self_(this) { ++made; }
  Probe(Probe&& other) noexcept : number_(other.number()), self_(this) { ++made; }
  Probe& operator=(const Probe& other) {
    number_ = other.number();
    return *this;
  }
  ~Probe() {
    if (self_ != this) ++failures;
    self_ = nullptr;
    ++destroyed;
  }

  [[nodiscard]] int number() const {
    if (self_ != this) ++failures;
    return number_;
  }

 private:
  int number_;
  const Probe* self_;
};

/// Polls to the end; `give_up_after` so many polls, it is destroyed where it waits.
class Waker0 final : public Wakeable {
 public:
  void wake() noexcept override {}
  void add_ref() noexcept override {}
  void release() noexcept override {}
};
int run(Async<int> future, int give_up_after) {
  Waker0 task;
  try {
    for (int polls = 0; polls < give_up_after; ++polls) {
      Context context(task);
      auto result = future.poll(context);
      if (result.is_ready()) return result.take();
    }
  } catch (const std::runtime_error&) {
    return -1;
  }
  return -2;
}

/// Pending once, then the sum of what it holds and a number.
class Leaf {
 public:
  using Output = Probe;
  explicit Leaf(Probe probe) : probe_(std::move(probe)) {}
  Poll<Probe> poll(Context&) {
    if (std::exchange(first_, false)) return pending;
    return Probe(probe_.number());
  }

 private:
  Probe probe_;
  bool first_ = true;
};
class FailingLeaf {
 public:
  using Output = Probe;
  explicit FailingLeaf(Probe probe) : probe_(std::move(probe)) {}
  Poll<Probe> poll(Context&) {
    if (std::exchange(first_, false)) return pending;
    throw std::runtime_error("leaf");
  }

 private:
  Probe probe_;
  bool first_ = true;
};

Async<Probe> echo(Probe probe) {
  const Probe local(1);
  co_await yield_now();
  co_return probe;
}
Async<Probe> echo_two(Probe first, Probe second) {
  co_await yield_now();
  co_return Probe(first.number() + second.number());
}
Async<Probe> fails(Probe probe) {
  co_await yield_now();
  throw std::runtime_error("body");
  co_return probe;
}
Async<> nothing(Probe) {
  co_await yield_now();
}

// The forms, each a coroutine whose result is 7.

Async<int> statement() {
  co_await nothing(Probe(1));
  co_await Leaf(Probe(2));
  co_await echo(Probe(3));
  co_return 7;
}
Async<int> auto_value() {
  auto probe = co_await echo(Probe(7));
  co_return probe.number();
}
Async<int> const_auto() {
  const auto probe = co_await Leaf(Probe(7));
  co_return probe.number();
}
Async<Probe> return_await() {
  co_return co_await echo(Probe(7));
}
Async<Probe> return_await_leaf() {
  co_return co_await Leaf(Probe(7));
}
Async<int> returns_awaited() {
  const auto first = co_await return_await();
  const auto second = co_await return_await_leaf();
  co_return first.number() == second.number() ? 7 : 0;
}
Async<int> rvalue_async() {
  auto future = echo(Probe(7));
  const auto probe = co_await std::move(future);
  co_return probe.number();
}
Async<int> lvalue_async() {
  auto future = echo(Probe(7));
  const auto probe = co_await future;
  co_return probe.number();
}
Async<int> lvalue_leaf() {
  Leaf leaf(Probe(7));
  const auto probe = co_await leaf;
  co_return probe.number();
}
Async<int> moved_parameters() {
  Probe first(3);
  Probe second(4);
  const auto sum = co_await echo_two(std::move(first), std::move(second));
  co_return sum.number();
}
Async<int> copied_parameters() {
  const Probe first(3);
  const Probe second(4);
  const auto sum = co_await echo_two(first, second);
  co_return sum.number();
}
Probe sum_of(const Probe& first, const Probe& second) {
  return Probe(first.number() + second.number());
}
Async<int> temporaries_as_arguments() {
  const auto probe = co_await echo(sum_of(Probe(3), Probe(4)));
  co_return probe.number();
}
Async<int> nested() {
  const auto outer = co_await echo_two(Probe(3), sum_of(Probe(1), Probe(3)));
  const auto again = co_await echo(outer);
  co_return again.number();
}
Async<int> exception_between() {
  const Probe before(1);
  int caught = 0;
  try {
    const Probe inside(2);
    const auto probe = co_await fails(Probe(3));
    co_return probe.number();
  } catch (const std::runtime_error&) {
    ++caught;
  }
  try {
    co_await FailingLeaf(Probe(3));
  } catch (const std::runtime_error&) {
    ++caught;
  }
  const auto after = co_await echo(Probe(5 + caught));
  co_return after.number();
}
Async<int> uncaught() {
  const Probe local(1);
  const auto probe = co_await fails(Probe(3));
  co_return probe.number();
}
Async<int> loops() {
  int sum = 0;
  for (int i = 0; i < 7; ++i) {
    const Probe local(i);
    const auto one = co_await echo(Probe(1));
    if (i == 3) {
      sum += 1;
      continue;
    }
    sum += one.number();
    if (sum == 7) break;
  }
  co_return sum;
}
Async<int> assigned() {
  Probe probe(0);
  for (int i = 0; i < 7; ++i) {
    auto next = co_await echo(Probe(probe.number() + 1));
    probe = next;
  }
  co_return probe.number();
}
Async<int> with_a_named_lambda() {
  const Probe captured(7);
  auto coroutine = [](Probe parameter) -> Async<Probe> {
    co_await yield_now();
    co_return parameter;
  };
  const auto probe = co_await coroutine(captured);
  co_return probe.number();
}

/// Runs it to the end, and cancelled after each possible number of polls.
void check(const char* form, Async<int> (*make)(), int expected) {
  constexpr int kToTheEnd = 100;
  const int failed_before = failures;
  int result = -2;
  for (int polls = 0; polls <= kToTheEnd; ++polls) {
    made = destroyed = 0;
    result = run(make(), polls);
    if (made != destroyed) {
      std::fprintf(stderr, "%s, %d polls: %d made, %d destroyed\n", form, polls, made, destroyed);
      ++failures;
    }
    if (result != -2) break;
  }
  if (result != expected) {
    std::fprintf(stderr, "%s: the result is %d\n", form, result);
    ++failures;
  }
  if (failures != failed_before) std::fprintf(stderr, "%s: FAILED\n", form);
}

#ifdef FORBIDDEN_FORMS
struct Aggregate {
  Probe probe;
  int number;
};
Async<Probe> takes(Aggregate aggregate) {
  co_await yield_now();
  co_return aggregate.probe;
}
Async<int> braced_list() {
  co_await takes(Aggregate{Probe(7), 1});
  co_await takes({Probe(7), 1});
  co_return 7;
}
Async<bool> yes() {
  const Probe local(1);
  co_await yield_now();
  co_return true;
}
Async<int> condition() {
  if (co_await yes()) co_return 7;
  co_return 0;
}
Async<int> ternary() {
  const bool first = co_await yes();
  const Probe probe = first ? co_await echo(Probe(7)) : co_await echo(Probe(8));
  co_return probe.number();
}
Async<std::pair<Probe, Probe>> two() {
  co_await yield_now();
  co_return std::pair<Probe, Probe>(Probe(3), Probe(4));
}
Async<int> structured_binding() {
  auto [first, second] = co_await two();
  co_return first.number() + second.number();
}
void check_forbidden() {
  check("braced list", braced_list, 7);
  check("condition", condition, 7);
  check("ternary", ternary, 7);
  check("structured binding", structured_binding, 7);
}
#else
void check_forbidden() {}
#endif

}  // namespace
}  // namespace runtime

int main() {
  using namespace runtime;
  check("co_await f();", statement, 7);
  check("auto x = co_await f();", auto_value, 7);
  check("const auto x = co_await f();", const_auto, 7);
  check("co_return co_await f();", returns_awaited, 7);
  check("an rvalue Async", rvalue_async, 7);
  check("an lvalue Async", lvalue_async, 7);
  check("an lvalue future", lvalue_leaf, 7);
  check("parameters that are moved", moved_parameters, 7);
  check("parameters that are copied", copied_parameters, 7);
  check("temporaries as arguments", temporaries_as_arguments, 7);
  check("nested temporaries", nested, 7);
  check("exceptions between", exception_between, 7);
  check("an exception that leaves", uncaught, -1);
  check("loops", loops, 7);
  check("assigned in a loop", assigned, 7);
  check("a named lambda", with_a_named_lambda, 7);
  check_forbidden();
  return failures == 0 ? 0 : 1;
}
