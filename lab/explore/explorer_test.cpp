// Does the explorer find what is wrong, in one order of many?

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "lab/explore/explorer.hpp"
#include "lab/explore/scenario_parts.hpp"
#include "lab/support/readable.hpp"

namespace explore {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A scenario of threads that share a State.
template <class State>
Scenario threads(std::vector<std::function<void(State&)>> bodies,
                 std::function<void(State&)> check = {}) {
  return [=](Run& run) {
    const auto state = std::make_shared<State>();
    int number = 0;
    for (const auto& body : bodies) {
      run.thread("thread " + std::to_string(++number), [=] { body(*state); });
    }
    if (check) run.at_end([=] { check(*state); });
  };
}

struct Two {
  Atomic<int> a = 0;
  Atomic<int> b = 0;
};

void add_to_a(Two& two) {
  two.a.fetch_add(1);
  two.a.fetch_add(1);
}
void add_to_b(Two& two) {
  two.b.fetch_add(1);
  two.b.fetch_add(1);
  two.b.fetch_add(1);
}
void read_a(Two& two) {
  static_cast<void>(two.a.load());
  static_cast<void>(two.a.load());
}

// --- How many orders? ---

TEST_CASE("steps on the same thing come in every order") {
  const auto outcome = explore(threads<Two>({add_to_a, add_to_a}));
  CHECK(outcome.schedules == 6);  // 4 steps, of which 2 are one thread's
  CHECK(outcome.longest == 4);
  CHECK(explore(threads<Two>({add_to_a, read_a})).schedules == 6);
}

TEST_CASE("of steps on different things, and of steps that only read, one order stands for all") {
  CHECK(explore(threads<Two>({add_to_a, add_to_b})).schedules == 1);
  CHECK(explore(threads<Two>({read_a, read_a})).schedules == 1);
  CHECK(explore(threads<Two>({add_to_a, add_to_b}), Orders::all).schedules == 10);
  CHECK(explore(threads<Two>({read_a, read_a}), Orders::all).schedules == 6);
}

/// Threads that load, store and add what a random number says, to a few atomics.
Scenario random_program(unsigned seed, std::set<std::vector<int>>& endings) {
  struct State {
    std::array<Atomic<int>, 2> shared;
    std::array<int, 3> own{};
  };
  std::mt19937 random(seed);
  std::vector<std::function<void(State&)>> bodies;
  for (std::size_t thread = 0; thread < 3; ++thread) {
    const std::array<unsigned, 2> steps = {static_cast<unsigned>(random()),
                                           static_cast<unsigned>(random())};
    bodies.push_back([=](State& state) {
      int& own = state.own[thread];
      for (const unsigned step : steps) {
        Atomic<int>& atomic = state.shared[step & 1];
        if ((step >> 1) % 3 == 0) own = 10 * own + atomic.load();
        if ((step >> 1) % 3 == 1) atomic.store(own + 1);
        if ((step >> 1) % 3 == 2) own = 10 * own + atomic.fetch_add(2);
      }
    });
  }
  return threads<State>(bodies, [&endings](State& state) {
    endings.insert(
        {state.shared[0].load(), state.shared[1].load(), state.own[0], state.own[1], state.own[2]});
  });
}

TEST_CASE("the orders that are run end in all the ways in which all orders end") {
  std::uint64_t run = 0;
  std::uint64_t all = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    std::set<std::vector<int>> endings;
    std::set<std::vector<int>> all_endings;
    run += explore(random_program(seed, endings)).schedules;
    all += explore(random_program(seed, all_endings), Orders::all).schedules;
    CHECK(endings == all_endings);
  }
  CHECK(all == 20 * 90);  // 6 steps, 2 of each thread
  CHECK(run >= 20);
  CHECK(run < all / 3);
}

// --- What is wrong is found ---

TEST_CASE(
    "an update that another one gets into is found, and the order in which it does is drawn") {
  const auto update = [](Two& two) { two.a.store(two.a.load() + 1); };
  const auto both = [](Two& two) { require(two.a.load() == 2, "an update is lost"); };
  const auto outcome = explore(threads<Two>({update, update}, both));
  CHECK(outcome.failure == "an update is lost");
  const std::string picture = drawn(outcome);
  CHECK(std::count(picture.begin(), picture.end(), '\n') == 4);
  CHECK(contains(picture,
                 "  1  thread 1 explorer_test.cpp        operator() load              0\n"
                 "  2  thread 2 explorer_test.cpp        operator() load              0"));
  CHECK(contains(picture, "store             0x1\n"));
}

TEST_CASE("two mutexes that are taken in opposite orders: the one in which nobody can go on") {
  struct State {
    Mutex first;
    Mutex second;
  };
  const auto forth = [](State& state) {
    const std::lock_guard one(state.first);
    const std::lock_guard two(state.second);
  };
  const auto back = [](State& state) {
    const std::lock_guard two(state.second);
    const std::lock_guard one(state.first);
  };
  CHECK(explore(threads<State>({forth, forth})).failure.empty());
  CHECK(explore(threads<State>({forth, back})).failure ==
        "nobody can go on: thread 1 stands before \"lock\", thread 2 stands before \"lock\"");
}

TEST_CASE("a wait that nobody ends is found, and one that ends with the notification is none") {
  const auto waits = [](Two& two) { two.a.wait(0); };
  const auto sets = [](Two& two) { two.a.store(1); };
  const auto notifies = [](Two& two) {
    two.a.store(1);
    two.a.notify_one();
  };
  CHECK(explore(threads<Two>({waits, notifies})).failure.empty());
  CHECK(explore(threads<Two>({waits, sets})).failure ==
        "nobody can go on: thread 1 stands before \"wakes up\"");
}

struct Gate {
  Mutex mutex;
  ConditionVariable opens;
  bool open = false;
};

void wait_at(Gate& gate) {
  std::unique_lock lock(gate.mutex);
  gate.opens.wait(lock, [&] { return gate.open; });
}
void open(Gate& gate) {
  {
    const std::lock_guard lock(gate.mutex);
    gate.open = true;
  }
  gate.opens.notify_one();
}

TEST_CASE("a condition that holds and is not told, or is told to one of two, leaves one waiting") {
  const auto opens_in_silence = [](Gate& gate) {
    const std::lock_guard lock(gate.mutex);
    gate.open = true;
  };
  CHECK(explore(threads<Gate>({wait_at, open})).failure.empty());
  CHECK(explore(threads<Gate>({wait_at, open, open})).failure.empty());
  CHECK(explore(threads<Gate>({wait_at, opens_in_silence})).failure ==
        "nobody can go on: thread 1 stands before \"wakes up\"");
  CHECK(contains(explore(threads<Gate>({wait_at, wait_at, open})).failure,
                 " stands before \"wakes up\""));
}

TEST_CASE("a wait with a limit is for ever, unless time passes") {
  const auto waits = [](Gate& gate) {
    std::unique_lock lock(gate.mutex);
    static_cast<void>(gate.opens.wait_for(lock, 0, [&] { return gate.open; }));
  };
  const auto waits_in_time = [&](unsigned early, Orders orders) {
    return explore(
        [=](Run& run) {
          time_passes(early);
          threads<Gate>({waits, open})(run);
        },
        orders);
  };
  CHECK(explore(threads<Gate>({waits})).failure ==
        "nobody can go on: thread 1 stands before \"wakes up\"");
  const auto late = waits_in_time(0, Orders::that_differ);
  const auto early = waits_in_time(1, Orders::that_differ);
  CHECK(late.failure.empty());
  CHECK(early.failure.empty());
  CHECK(early.schedules > late.schedules);
}

TEST_CASE("a thread that another one begins takes its steps in every order, too, and is joined") {
  static int sum;
  const auto begins_another = [](Two& two) {
    Thread other([&two] { two.a.store(2 * two.a.load()); });
    two.a.fetch_add(1);
    other.join();
    sum = two.a.load();
  };
  std::set<int> sums;
  const auto outcome = explore(threads<Two>({begins_another}, [&](Two&) { sums.insert(sum); }));
  CHECK(outcome.failure.empty());
  CHECK(sums == std::set<int>{0, 1, 2});
}

TEST_CASE("few orders: one, and those in which somebody is held up once, or twice") {
  const auto program = threads<Two>({add_to_a, add_to_a});
  CHECK(explore(program, Orders::few, 0).schedules == 1);
  const std::uint64_t held_up_once = explore(program, Orders::few, 1).schedules;
  CHECK(held_up_once > 1);
  CHECK(held_up_once < 6);
  CHECK(explore(program, Orders::few, 4).schedules == 6);
  const auto update = [](Two& two) { two.a.store(two.a.load() + 1); };
  const auto both = [](Two& two) { require(two.a.load() == 2, "an update is lost"); };
  CHECK(explore(threads<Two>({update, update}, both), Orders::few, 0).failure.empty());
  CHECK(explore(threads<Two>({update, update}, both), Orders::few, 1).failure ==
        "an update is lost");
}

TEST_CASE("few orders: nobody is held up before a step on what is its own") {
  const std::uint64_t schedules =
      explore(threads<Two>({add_to_a, add_to_b}), Orders::few, 4).schedules;
  CHECK(schedules >= 1);
  CHECK(schedules <= 2);
}

TEST_CASE("what is used after its end, in one order of two, is found") {
  struct State {
    std::unique_ptr<Atomic<int>> thing = std::make_unique<Atomic<int>>(0);
    Atomic<int>* name = thing.get();
  };
  const auto ends = [](State& state) { state.thing.reset(); };
  const auto uses = [](State& state) { state.name->fetch_add(1); };
  CHECK(explore(threads<State>({uses, ends})).failure == "used after its end");
}

TEST_CASE("what is never destroyed is found") {
  static std::vector<std::unique_ptr<Atomic<int>>> kept;
  const auto keeps = [](Two&) { kept.push_back(std::make_unique<Atomic<int>>(0)); };
  CHECK(explore(threads<Two>({keeps})).failure == "something was never destroyed");
  kept.clear();
}

TEST_CASE("a future that two threads poll at once is found") {
  struct State {
    Touched future;
  };
  const auto polls = [](State& state) { const auto polled = state.future.poll(); };
  CHECK(explore(threads<State>({polls})).failure.empty());
  CHECK(explore(threads<State>({polls, polls})).failure == "polled by two threads at once");
}

TEST_CASE("an exception of a thread, and one that does not end, are failures") {
  const auto throws = [](Two&) { throw std::runtime_error("no"); };
  CHECK(explore(threads<Two>({throws})).failure == "an exception: no");
  const auto endless = [](Two& two) {
    while (two.a.load() == 0) {
    }
  };
  CHECK(explore(threads<Two>({endless})).failure == "it does not end");
}

TEST_CASE("a scenario that is not the same each time is refused") {
  int runs = 0;
  const Scenario changes = [&](Run& run) {
    threads<Two>({add_to_a, ++runs == 1 ? add_to_a : [](Two&) {}})(run);
  };
  CHECK_THROWS_WITH(explore(changes), "the scenario is not the same each time");
}

}  // namespace
}  // namespace explore
