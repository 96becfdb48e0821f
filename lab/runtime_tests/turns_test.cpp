// Do futures that share a task get their turns, and say so when they are asked too often?

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "support.hpp"

namespace runtime {
namespace {

/// Is ready `count` times, for a unit of the budget each; then ends, with its number. Counts.
struct Busy {
  using Output = int;

  Busy(int n, int times, int& done_so_far) : number(n), left(times), count(&done_so_far) {}
  Poll<int> poll(Context& context) {
    while (left > 0) {
      if (!context.spend()) return pending;
      --left;
      ++*count;
    }
    return number;
  }

  int number;
  int left;
  int* count;
};

constexpr int kEndless = 1'000'000;
constexpr int kBudget = Context::kBudget;

/// Polls `future` so often.
template <Future F>
void poll_times(F& future, int polls) {
  for (int i = 0; i < polls; ++i) CHECK_FALSE(poll_once(future).is_ready());
}

TEST_CASE("join: a future that is always ready does not keep the next one from its end") {
  int hog = 0;
  int other = 0;
  auto both = join(Busy(0, kEndless, hog), Busy(1, 3, other));
  poll_times(both, 2);
  CHECK(other == 3);
  CHECK(hog == 2 * kBudget - 3);
}

TEST_CASE("join_all: a future that is always ready does not keep the next one from its end") {
  int hog = 0;
  int other = 0;
  std::vector<Busy> futures = {Busy(0, kEndless, hog), Busy(1, 3, other)};
  auto both = join_all(std::move(futures));
  poll_times(both, 2);
  CHECK(other == 3);
}

TEST_CASE("select: a future that is always ready, and never done, does not win by that") {
  int hog = 0;
  int other = 0;
  auto first = select(Busy(0, kEndless, hog), Busy(1, 3, other));
  poll_times(first, 1);
  CHECK(std::get<1>(poll_once(first).take()) == 1);
}

TEST_CASE("of several that are always ready, each has its turn to be the first") {
  int counts[3] = {};
  auto all = join(Busy(0, kEndless, counts[0]), Busy(1, kEndless, counts[1]),
                  Busy(2, kEndless, counts[2]));
  poll_times(all, 30);
  for (const int count : counts) CHECK(count == 10 * kBudget);

  int more[5] = {};
  std::vector<Busy> futures;
  for (int& count : more) futures.emplace_back(0, kEndless, count);
  auto many = join_all(std::move(futures));
  poll_times(many, 50);
  for (const int count : more) CHECK(count == 10 * kBudget);
}

TEST_CASE("a set of them, and one within a join, share the budget as well") {
  int counts[3] = {};
  FuturesUnordered<Busy> set;
  set.push(Busy(0, kEndless, counts[0]));
  set.push(Busy(1, kEndless, counts[1]));
  auto both = join(set.next(), Busy(2, kEndless, counts[2]));
  poll_times(both, 40);
  for (const int count : counts) CHECK(count > 0);
  CHECK(counts[2] == 20 * kBudget);
}

TEST_CASE("who was cut off is asked first once: then the first is the first again") {
  int hog = 0;
  std::vector<int> asked;
  const auto notes = [&asked](int number) {
    return poll_fn([&asked, number](Context&) -> Poll<void> {
      asked.push_back(number);
      return pending;
    });
  };
  auto all = join(notes(0), Busy(1, kEndless, hog), notes(2));
  poll_times(all, 3);
  CHECK(asked == std::vector{0, 2, 2, 0, 0, 2});
}

TEST_CASE("of two that are ready, the one that was cut off wins") {
  int hog = 0;
  Gate gates[2];
  auto first = select(gates[0].wait(), Busy(1, kEndless, hog), gates[1].wait());
  poll_times(first, 1);
  gates[0].open();
  gates[1].open();
  CHECK(poll_once(first).take().index() == 2);
}

TEST_CASE("to look into a set where nobody was woken costs nothing of the budget") {
  Gate gate;
  FuturesUnordered<Gate::Wait> set;
  set.push(gate.wait());
  CountingWaker task;
  Context context(task);
  auto next = set.next();
  for (int i = 0; i < 2 * kBudget; ++i) CHECK_FALSE(next.poll(context).is_ready());
  CHECK_FALSE(context.is_spent());
}

TEST_CASE(
    "join, join_all and select that have given their result throw when they are asked again") {
  const auto check = [](auto future) {
    CHECK(poll_once(future).is_ready());
    CHECK_THROWS_AS(static_cast<void>(poll_once(future)), NoState);
    CHECK_THROWS_AS(static_cast<void>(poll_once(future)), NoState);
  };
  check(join(ready(1), ready(std::make_unique<int>(2))));
  check(join(ready(), ready()));
  std::vector<Ready<std::unique_ptr<int>>> owners;
  owners.push_back(ready(std::make_unique<int>(1)));
  check(join_all(std::move(owners)));
  check(join_all(std::vector{ready()}));
  check(select(ready(1), Never()));
  auto lvalue = ready(1);
  check(select(lvalue, Never()));
  check(then(join(ready(1)), [](auto) { return 2; }));
}

TEST_CASE("a select that has thrown throws NoState when it is asked again") {
  auto fails = select(Never(), poll_fn([](Context&) -> Poll<void> { throw 1; }));
  CHECK_THROWS_AS(static_cast<void>(poll_once(fails)), int);
  CHECK_THROWS_AS(static_cast<void>(poll_once(fails)), NoState);
}

}  // namespace
}  // namespace runtime
