// Does a semaphore give out each permit once, to who has waited longest? And a mutex its value?

#include "runtime/channels/semaphore.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support.hpp"

namespace runtime {
namespace {

using Acquiring = WithTask<Semaphore::Acquire>;

/// So many that have been polled once, and wait.
std::deque<Acquiring> acquiring(Semaphore& semaphore, int count) {
  std::deque<Acquiring> all;
  for (int i = 0; i < count; ++i) {
    CHECK_FALSE(all.emplace_back(semaphore.acquire()).poll().is_ready());
  }
  return all;
}

int wakes_of(const std::deque<Acquiring>& all) {
  int count = 0;
  for (const Acquiring& each : all) count += each.wakes();
  return count;
}

// --- Permits ---

TEST_CASE("there are as many permits as there are, and one that is destroyed comes back") {
  Semaphore semaphore(2);
  auto first = result_of(semaphore.acquire());
  auto second = semaphore.try_acquire();
  CHECK(first);
  CHECK(second);
  CHECK_FALSE(semaphore.try_acquire());
  first.reset();
  CHECK(semaphore.try_acquire());
  CHECK(semaphore.try_acquire());
}

TEST_CASE("a semaphore without permits gives out those that are added") {
  Semaphore semaphore(0);
  auto waiting = acquiring(semaphore, 2);
  semaphore.add_permits(0);
  CHECK(wakes_of(waiting) == 0);
  semaphore.add_permits(3);
  CHECK(wakes_of(waiting) == 2);
  auto first = waiting[0].poll().take();
  auto second = waiting[1].poll().take();
  CHECK(first);
  CHECK(second);
  auto third = semaphore.try_acquire();
  CHECK(third);
  CHECK_FALSE(semaphore.try_acquire());
}

TEST_CASE("those who wait are served in the order of their first polls, once each") {
  Semaphore semaphore(1);
  auto permit = semaphore.try_acquire();
  Acquiring third(semaphore.acquire());
  auto waiting = acquiring(semaphore, 2);
  CHECK_FALSE(third.poll().is_ready());
  CHECK_FALSE(waiting[0].poll().is_ready());  // that does not send it to the end of the line
  for (Acquiring* each : {&waiting[0], &waiting[1], &third}) {
    CHECK(each->wakes() == 0);
    permit.reset();
    CHECK(each->wakes() == 1);
    CHECK(each->wakers() == 0);
    permit = each->poll().take();
    CHECK(permit);
  }
  CHECK(wakes_of(waiting) + third.wakes() == 3);
}

TEST_CASE("who comes later never overtakes, also when the first in line was not polled yet") {
  Semaphore semaphore(1);
  auto permit = semaphore.try_acquire();
  auto waiting = acquiring(semaphore, 1);
  permit.reset();
  CHECK_FALSE(semaphore.try_acquire());
  Acquiring late(semaphore.acquire());
  CHECK_FALSE(late.poll().is_ready());
  CHECK(waiting[0].poll().take());  // and given back at once
  CHECK(late.wakes() == 1);
}

TEST_CASE("polled for another task, it wakes that one, and lets go of the first") {
  Semaphore semaphore(0);
  CountingWaker other;
  auto waiting = acquiring(semaphore, 1);
  CHECK_FALSE(waiting[0].poll_for_other(other).is_ready());
  CHECK(waiting[0].wakers() == 0);
  semaphore.add_permits(1);
  CHECK(waiting[0].wakes() == 0);
  CHECK(other.wakes() == 1);
}

TEST_CASE("a permit that is assigned to comes back at once, and one that was forgotten never") {
  Semaphore semaphore(1);
  Semaphore other(1);
  auto permit = semaphore.try_acquire();
  auto waiting = acquiring(semaphore, 1);
  REQUIRE(permit);
  *permit = *other.try_acquire();
  CHECK(waiting[0].wakes() == 1);
  CHECK_FALSE(other.try_acquire());
  CHECK(permit->forget() == &other);
  CHECK(permit->forget() == nullptr);
  permit.reset();
  CHECK_FALSE(other.try_acquire());
}

TEST_CASE("an acquire that has given its result says so") {
  Semaphore semaphore(1);
  auto acquire = semaphore.acquire();
  CHECK(poll_once(acquire).take());
  CHECK(thrown_by([&] { static_cast<void>(poll_once(acquire)); }) == NoState().what());
  CHECK(semaphore.try_acquire());
}

// --- Close ---

TEST_CASE("close: those who wait are woken, and they and those who come get nothing") {
  Semaphore semaphore(1);
  auto permit = semaphore.try_acquire();
  auto waiting = acquiring(semaphore, 40);
  CHECK_FALSE(semaphore.is_closed());
  semaphore.close();
  CHECK(semaphore.is_closed());
  for (Acquiring& each : waiting) {
    CHECK(each.wakes() == 1);
    CHECK(each.wakers() == 0);
    CHECK_FALSE(each.poll().take());
  }
  permit.reset();
  CHECK_FALSE(semaphore.try_acquire());
  CHECK_FALSE(result_of(semaphore.acquire()));
}

TEST_CASE("close when a permit was promised: who has the promise gets it") {
  Semaphore semaphore(1);
  auto permit = semaphore.try_acquire();
  auto waiting = acquiring(semaphore, 2);
  permit.reset();
  semaphore.close();
  CHECK(waiting[0].poll().take());
  CHECK_FALSE(waiting[1].poll().take());
}

// --- Destroyed ---

TEST_CASE("an acquire destroyed while it waits is in no line, and nobody has its waker") {
  for (const std::size_t which : {0u, 1u, 2u}) {
    CAPTURE(which);
    Semaphore semaphore(0);
    auto waiting = acquiring(semaphore, 3);
    waiting[which].destroy();
    CHECK(waiting[which].wakers() == 0);
    semaphore.add_permits(2);
    CHECK(waiting[which].wakes() == 0);
    CHECK(wakes_of(waiting) == 2);
  }
}

TEST_CASE("an acquire destroyed when it was promised a permit: the next one gets that") {
  Semaphore semaphore(0);
  auto waiting = acquiring(semaphore, 2);
  semaphore.add_permits(1);
  waiting[0].destroy();
  CHECK(waiting[1].wakes() == 1);
  waiting[1].destroy();
  CHECK(semaphore.try_acquire());
}

TEST_CASE("who is woken finds the mutex free") {
  Semaphore semaphore(0);
  int calls = 0;
  CallingWaker calls_back([&] { calls += semaphore.is_closed() ? 10 : 1; });
  auto first = semaphore.acquire();
  CHECK_FALSE(poll_for(calls_back, first).is_ready());
  semaphore.add_permits(1);
  auto second = semaphore.acquire();
  CHECK_FALSE(poll_for(calls_back, second).is_ready());
  semaphore.close();
  CHECK(calls == 11);
}

// --- With tasks ---

Async<> always_acquires(Semaphore& semaphore, int& turns, const bool& other_ran) {
  while (!other_ran && turns < 1000) {
    ++turns;
    co_await semaphore.acquire();
  }
}

TEST_CASE("a task that never waits for a permit has a budget, and then others have their turn") {
  const auto other = [](bool& ran) -> Async<> {
    ran = true;
    co_return;
  };
  const auto main = [](Async<> busy, Async<> other_task) -> Async<> {
    auto handle = spawn(std::move(other_task));
    co_await std::move(busy);
    co_await handle;
  };
  Semaphore semaphore(1);
  int turns = 0;
  bool other_ran = false;
  block_on(main(always_acquires(semaphore, turns, other_ran), other(other_ran)));
  CHECK(turns == Context::kBudget + 1);
}

struct InsideNow {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
};

/// Inside for as long as it lives: also whoever is aborted there leaves.
class Visit {
 public:
  explicit Visit(InsideNow& inside) : inside_(inside) {
    const int now = ++inside_.now;
    int before = inside_.most;
    while (before < now && !inside_.most.compare_exchange_weak(before, now)) {
    }
  }
  ~Visit() { --inside_.now; }
  Visit(Visit&&) = delete;

 private:
  InsideNow& inside_;
};

Async<> goes_in(Semaphore& semaphore, InsideNow& inside, int times) {
  for (int i = 0; i < times; ++i) {
    const auto permit = co_await semaphore.acquire();
    if (!permit) co_return;
    const Visit visit(inside);
    co_await yield_now();
  }
}

Async<> many_go_in(Semaphore& semaphore, InsideNow& inside) {
  std::vector<JoinHandle<void>> handles;
  for (int i = 0; i < 10; ++i) handles.push_back(spawn(goes_in(semaphore, inside, 300)));
  handles[3].abort();
  for (std::size_t i = 0; i < handles.size(); ++i) {
    if (i != 3) co_await handles[i];
  }
}

TEST_CASE("never more tasks inside than permits, and no permit is lost with a task") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Semaphore semaphore(3);
    InsideNow inside;
    block_on(many_go_in(semaphore, inside), options);
    CHECK(inside.most >= 1);
    CHECK(inside.most <= 3);
    if (options.workers == 0) CHECK(inside.most == 3);
    std::vector<std::optional<Semaphore::Permit>> all;
    for (int i = 0; i < 3; ++i) CHECK(all.emplace_back(semaphore.try_acquire()));
    CHECK_FALSE(semaphore.try_acquire());
  }
}

// --- A mutex ---

Async<> adds(Mutex<int>& sum, int times) {
  for (int i = 0; i < times; ++i) {
    auto locked = co_await sum.lock();
    const int before = *locked;
    co_await yield_now();
    *locked = before + 1;
  }
}

Async<int> many_add(Mutex<int>& sum) {
  std::vector<JoinHandle<void>> handles;
  for (int i = 0; i < 4; ++i) handles.push_back(spawn(adds(sum, 500)));
  for (auto& handle : handles) co_await handle;
  const auto locked = co_await sum.lock();
  co_return *locked;
}

TEST_CASE("a mutex keeps others out, also while the task that has it awaits something") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Mutex sum(0);
    CHECK(block_on(many_add(sum), options) == 2000);
  }
}

Async<> fails_inside(Mutex<std::string>& text) {
  auto locked = co_await text.lock();
  locked->append("!");
  throw std::runtime_error("inside");
}

TEST_CASE("a mutex is free after an exception, and a guard that was moved from says so") {
  Mutex<std::string> text("a");
  CHECK(thrown_by([&] { block_on(fails_inside(text)); }) == "inside");
  auto guard = result_of(text.lock());
  CHECK(*guard == "a!");
  WithTask next(text.lock());
  CHECK_FALSE(next.poll().is_ready());
  const auto elsewhere = std::move(guard);
  CHECK(next.wakes() == 0);
  CHECK(thrown_by([&] { guard->clear(); }) == NoState().what());
  CHECK(elsewhere->size() == 2);
}

// --- With threads ---

TEST_CASE(
    "a permit comes back while the first in line leaves, on two threads: the next one has it") {
  constexpr int kRounds = 2000;
  Semaphore semaphore(0);
  std::optional<std::deque<Acquiring>> waiting;
  Rounds round(kRounds, [&](int) { waiting->front().destroy(); });
  int served = 0;
  for (int i = 0; i < kRounds; ++i) {
    waiting.emplace(acquiring(semaphore, 2));
    round.begin();
    semaphore.add_permits(1);
    round.end();
    served += waiting->back().wakes();
    auto permit = waiting->back().poll();
    if (!permit.is_ready()) break;
    permit.take()->forget();
  }
  CHECK(served == kRounds);
}

TEST_CASE("close while those who wait leave or are polled, on two threads") {
  constexpr int kRounds = 500;
  constexpr std::size_t kMany = 40;
  std::unique_ptr<Semaphore> semaphore;
  std::optional<std::deque<Acquiring>> waiting;
  Rounds round(kRounds, [&](int) {
    for (std::size_t j = kMany; j > 0; j -= 2) (*waiting)[j - 1].destroy();
    for (std::size_t j = kMany; j > 0; j -= 4) {
      if ((*waiting)[j - 2].poll().is_ready()) (*waiting)[j - 2].destroy();
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    waiting.reset();
    semaphore = std::make_unique<Semaphore>(0);
    waiting.emplace(acquiring(*semaphore, kMany));
    round.begin();
    semaphore->close();
    round.end();
    int wakers = 0;
    int woken = 0;
    for (const Acquiring& each : *waiting) wakers += each.wakers();
    for (std::size_t j = 0; j < kMany; j += 4) woken += (*waiting)[j].wakes();
    CHECK(wakers == 0);
    CHECK(woken == kMany / 4);
  }
}

}  // namespace
}  // namespace runtime
