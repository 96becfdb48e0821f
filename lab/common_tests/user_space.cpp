// Does a readiness from user space reach the poller, whatever it is doing, and at what cost?
//
// Each race is played out step by step: `EpollSpy` lets a test act right before a system call.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/io.hpp"
#include "common/poller/poller.hpp"
#include "lab/support/server.hpp"
#include "lab/support/thread.hpp"
#include "poller_support.hpp"
#include "support.hpp"

namespace common {
namespace {

constexpr ReadySet kReadable = ReadySet::readable();
constexpr ReadySet kWritable = ReadySet::writable();

/// A poller and one registration with it.
struct Fixture {
  explicit Fixture(PollOpt opt, Wakeup wakeup = Wakeup::when_asleep) : poller(wakeup) {
    registration.emplace(poller, kToken, kReadable | kWritable, opt);
    ready = registration->set_readiness();
  }
  Poller poller;
  std::optional<UserRegistration> registration;
  std::optional<SetReadiness> ready;
  Events events{16};
};

/// Descriptors and registrations that are ready all the time, level-triggered.
struct ManyReady {
  ManyReady(std::size_t descriptors, std::size_t registrations) : pairs(descriptors) {
    for (std::size_t i = 0; i < descriptors; ++i) {
      poller.add(pairs[i].ours.get(), Token{i}, kWritable, PollOpt::level());
    }
    for (std::size_t i = 0; i < registrations; ++i) {
      registered.emplace_back(poller, Token{kUserSpace + i}, kReadable, PollOpt::level());
      registered.back().set_readiness().set(kReadable);
    }
  }
  static bool is_user_space(const Event& event) { return event.token.value >= kUserSpace; }

  static constexpr std::uint64_t kUserSpace = 100;
  std::vector<SocketPair> pairs;
  Poller poller;
  std::deque<UserRegistration> registered;
};

TEST_SUITE("user registration") {
  TEST_CASE("the example in poller.hpp") {
    Poller poller;
    Events events(64);

    UserRegistration timer(poller, Token{2}, ReadySet::readable(), PollOpt::edge());
    lab::Thread thread([ready = timer.set_readiness()] { ready.set(ReadySet::readable()); });
    poller.wait(events);

    REQUIRE(events.size() == 1);
    CHECK(events.begin()->token == Token{2});
  }

  TEST_CASE("level: an event by every wait for as long as something is set") {
    Fixture level(PollOpt::level());
    CHECK(ready_now(level.poller).empty());
    level.ready->set(kReadable);
    CHECK(ready_now(level.poller) == kReadable);
    CHECK(ready_now(level.poller) == kReadable);
    level.ready->set(ReadySet());
    CHECK(ready_now(level.poller).empty());
  }

  TEST_CASE("edge: an event once for each set, and two sets between two waits are one") {
    Fixture edge(PollOpt::edge());
    edge.ready->set(kReadable);
    CHECK(ready_now(edge.poller) == kReadable);
    CHECK(ready_now(edge.poller).empty());
    edge.ready->set(kReadable);
    edge.ready->set(kReadable | kWritable);
    CHECK(ready_now(edge.poller) == (kReadable | kWritable));
    CHECK(ready_now(edge.poller).empty());
  }

  TEST_CASE("oneshot: one event, and nothing more until modify arms it again") {
    for (const PollOpt opt : {PollOpt::oneshot(), PollOpt::oneshot() | PollOpt::edge()}) {
      Fixture once(opt);
      once.ready->set(kReadable);
      CHECK(ready_now(once.poller) == kReadable);
      once.ready->set(kReadable);
      CHECK(ready_now(once.poller).empty());
      once.registration->modify(kToken, kReadable, opt);
      CHECK(ready_now(once.poller) == kReadable);
      CHECK(ready_now(once.poller).empty());
    }
  }

  TEST_CASE("modify changes the token, the interest and the option") {
    Fixture edge(PollOpt::edge());
    edge.ready->set(kReadable);
    edge.registration->modify(Token{8}, kWritable, PollOpt::level());
    CHECK(look(edge.poller).empty());
    edge.ready->set(kReadable | kWritable);
    for (int i = 0; i < 2; ++i) {
      const auto events = look(edge.poller);
      REQUIRE(events.size() == 1);
      CHECK(events.front().token == Token{8});
      CHECK(events.front().ready == kWritable);
    }
  }

  TEST_CASE("modify of an edge gives an event for what is set already") {
    Fixture edge(PollOpt::edge());
    edge.ready->set(kReadable);
    CHECK(ready_now(edge.poller) == kReadable);
    edge.registration->modify(kToken, kReadable, PollOpt::edge());
    CHECK(ready_now(edge.poller) == kReadable);
  }

  TEST_CASE("only what is in the interest is an event, hup and error too") {
    Fixture level(PollOpt::level());
    level.ready->set(ReadySet::hup() | ReadySet::error());
    CHECK(look(level.poller).empty());
    level.ready->set(ReadySet::hup() | kReadable);
    CHECK(ready_now(level.poller) == kReadable);
  }

  TEST_CASE("an empty set takes back an event that no wait has handed out") {
    for (const PollOpt opt : {PollOpt::level(), PollOpt::edge(), PollOpt::oneshot()}) {
      Fixture fixture(opt);
      fixture.ready->set(kReadable);
      fixture.ready->set(ReadySet());
      CHECK(look(fixture.poller).empty());
      fixture.ready->set(kWritable);
      CHECK(ready_now(fixture.poller) == kWritable);
    }
  }

  TEST_CASE("every copy of a SetReadiness speaks for the same registration") {
    Fixture edge(PollOpt::edge());
    const SetReadiness copy = *edge.ready;
    CHECK(copy.readiness().empty());
    copy.set(kReadable);
    CHECK(edge.ready->readiness() == kReadable);
    CHECK(ready_now(edge.poller) == kReadable);
    CHECK(copy.readiness() == kReadable);
  }

  TEST_CASE("registration destroyed while its event is queued: the event is gone") {
    Fixture edge(PollOpt::edge());
    edge.ready->set(kReadable);
    edge.registration.reset();
    CHECK(look(edge.poller).empty());
  }

  TEST_CASE("registration destroyed and set afterwards: nothing, also for its slot's next owner") {
    Fixture edge(PollOpt::edge());
    edge.ready->set(kReadable);
    edge.registration.reset();
    const UserRegistration next(edge.poller, kToken, kReadable, PollOpt::edge());
    edge.ready->set(kReadable);
    CHECK(edge.ready->readiness().empty());
    CHECK(next.set_readiness().readiness().empty());
    CHECK(look(edge.poller).empty());
  }

  TEST_CASE("poller destroyed first: its registration and that one's handle do nothing") {
    auto poller = std::make_unique<Poller>();
    std::optional<UserRegistration> registration(std::in_place, *poller, kToken, kReadable,
                                                 PollOpt::level());
    const SetReadiness ready = registration->set_readiness();
    poller.reset();
    ready.set(kReadable);
    registration->modify(kToken, kReadable, PollOpt::edge());
    registration.reset();
    ready.set(kReadable);
    CHECK(ready.readiness().empty());
  }

  TEST_CASE("poller destroyed between a set's last look at it and the write: nobody else is hit") {
    auto fixture = std::make_unique<Fixture>(PollOpt::edge(), Wakeup::always);
    const SetReadiness ready = *fixture->ready;
    EpollSpy spy;
    SocketPair innocent;
    spy.before_write = [&] {
      fixture.reset();
      innocent = SocketPair();  // which would get the eventfd's number if that were free
    };
    CHECK(error_of([&] { ready.set(kReadable); }) == "no error");
    CHECK(spy.writes == 1);
    CHECK(!readable(innocent.ours.get()));
    CHECK(!readable(innocent.theirs.get()));
  }

  TEST_CASE("both kinds are ready all the time: each has its half, and each member its turn") {
    ManyReady ready(5, 5);
    for (const std::size_t capacity : {2u, 3u, 4u, 16u}) {
      CAPTURE(capacity);
      std::map<std::uint64_t, int> seen;
      Events events(capacity);
      for (int i = 0; i < 5; ++i) {
        CHECK(ready.poller.wait(events) == std::min<std::size_t>(capacity, 10));
        const auto of_user_space = std::ranges::count_if(events, &ManyReady::is_user_space);
        CHECK(of_user_space == static_cast<std::ptrdiff_t>(std::min<std::size_t>(capacity / 2, 5)));
        for (const Event& event : events) ++seen[event.token.value];
      }
      CHECK(seen.size() == 10);
    }
  }

  TEST_CASE("where one kind has little to say, the other has its room") {
    Events events(8);
    CHECK(ManyReady(1, 7).poller.wait(events) == 8);
    CHECK(ManyReady(7, 1).poller.wait(events) == 8);
  }

  TEST_CASE("what does not fit comes with the next wait, in order, and once") {
    Poller poller;
    std::deque<UserRegistration> registrations;
    for (std::uint64_t i = 0; i < 5; ++i) {
      registrations.emplace_back(poller, Token{i}, kReadable, PollOpt::edge());
      registrations.back().set_readiness().set(kReadable);
    }
    std::vector<std::uint64_t> seen;
    for (Events events(2); poller.wait(events, Duration::zero()) > 0;) {
      for (const Event& event : events) seen.push_back(event.token.value);
    }
    CHECK(seen == std::vector<std::uint64_t>{0, 1, 2, 3, 4});
  }
}

TEST_SUITE("sleep and wake-up") {
  TEST_CASE("set while nobody waits costs no system call, and the next wait does not sleep") {
    Fixture edge(PollOpt::edge());
    const EpollSpy spy;
    for (int i = 0; i < 1000; ++i) edge.ready->set(kReadable);
    CHECK(spy.writes == 0);
    CHECK(edge.poller.wait(edge.events) == 1);
    CHECK(spy.timeout == 0);
    CHECK(spy.waits == 1);
    CHECK(edge.poller.wakeup_writes() == 0);
  }

  TEST_CASE("set while a wait looks without sleeping costs no system call, and is not lost") {
    Fixture edge(PollOpt::edge());
    EpollSpy spy;
    spy.before_wait = [&] { edge.ready->set(kReadable); };
    CHECK(edge.poller.wait(edge.events, Duration::zero()) == 1);
    CHECK(spy.writes == 0);
  }

  TEST_CASE("set between the look at the queue and the sleep: the sleep does not begin") {
    Fixture edge(PollOpt::edge());
    EpollSpy spy;
    spy.before_wait = [&] {
      CHECK(edge.poller.asleep());
      edge.ready->set(kReadable);
      CHECK(!edge.poller.asleep());
    };
    CHECK(edge.poller.wait(edge.events, lab::kPatience) == 1);
    CHECK(spy.timeout > 0);  // it had decided to sleep
    CHECK(spy.writes == 1);
  }

  TEST_CASE("a thousand sets between the look at the queue and the end of the sleep write once") {
    Fixture edge(PollOpt::edge());
    EpollSpy spy;
    spy.before_wait = [&] {
      for (int i = 0; i < 1000; ++i) edge.ready->set(kReadable);
    };
    CHECK(edge.poller.wait(edge.events, lab::kPatience) == 1);
    CHECK(spy.writes == 1);
    CHECK(edge.poller.wakeup_writes() == 1);
  }

  TEST_CASE("two sets from two threads while the poller sleeps write once") {
    Poller poller;
    UserRegistration one(poller, Token{1}, kReadable, PollOpt::edge());
    UserRegistration two(poller, Token{2}, kReadable, PollOpt::edge());
    Events events(16);
    const EpollSpy spy;
    std::barrier together(2);
    const auto set = [&](const SetReadiness& ready) {
      wait_until_asleep(poller);
      together.arrive_and_wait();
      ready.set(kReadable);
    };
    std::size_t count = 0;
    {
      lab::Thread first([&] { set(one.set_readiness()); });
      lab::Thread second([&] { set(two.set_readiness()); });
      count = poller.wait(events, lab::kPatience);
    }
    CHECK(count >= 1);
    CHECK(count + look(poller).size() == 2);
    CHECK(spy.writes == 1);
  }

  TEST_CASE("modify while the poller sleeps wakes it for what is set already") {
    Fixture once(PollOpt::oneshot());
    once.ready->set(kReadable);
    CHECK(ready_now(once.poller) == kReadable);
    lab::Thread arms([&] {
      wait_until_asleep(once.poller);
      once.registration->modify(kToken, kReadable, PollOpt::oneshot());
    });
    CHECK(once.poller.wait(once.events, lab::kPatience) == 1);
  }

  TEST_CASE("what makes no event wakes nobody") {
    Fixture once(PollOpt::oneshot());
    once.ready->set(kReadable);
    CHECK(ready_now(once.poller) == kReadable);
    std::optional<UserRegistration> passed(std::in_place, once.poller, kToken, kReadable,
                                           PollOpt::edge());
    const SetReadiness stale = passed->set_readiness();
    passed.reset();
    EpollSpy spy;
    spy.before_wait = [&] {
      stale.set(kReadable);
      once.ready->set(kReadable);                                              // not armed
      once.registration->modify(kToken, ReadySet::hup(), PollOpt::oneshot());  // not of interest
      once.ready->set(ReadySet());
    };
    CHECK(once.poller.wait(once.events, std::chrono::milliseconds(1)) == 0);
    CHECK(spy.writes == 0);
  }

  TEST_CASE("write after its sleep has ended: a later wait returns early with none, once") {
    Fixture edge(PollOpt::edge());
    SocketPair pair;
    edge.poller.add(pair.ours.get(), Token{1}, kReadable, PollOpt::edge());
    EpollSpy spy;
    std::promise<void> slept;
    spy.before_write = [&] {
      write_all(pair.theirs.get(), std::string_view("x"));  // ends the sleep before the write does
      slept.get_future().wait();
    };
    lab::Thread sets([&] {
      wait_until_asleep(edge.poller);
      edge.ready->set(kReadable);
    });
    CHECK(edge.poller.wait(edge.events) == 2);
    slept.set_value();
    sets.join();
    CHECK(edge.poller.wait(edge.events, lab::kPatience) == 0);
    CHECK(spy.timeout > 0);
    // It was an edge: it does not come again, and hides nothing.
    const auto start = Clock::now();
    CHECK(edge.poller.wait(edge.events, std::chrono::milliseconds(1)) == 0);
    CHECK(Clock::now() - start >= std::chrono::milliseconds(1));
    spy.before_write = [] {};
    spy.before_wait = [&] { edge.ready->set(kReadable); };
    CHECK(edge.poller.wait(edge.events, lab::kPatience) == 1);
    CHECK(spy.writes == 2);
  }

  TEST_CASE("the wake-up itself is no event, and takes no event's place for long") {
    Fixture level(PollOpt::level());
    std::vector<SocketPair> pairs(2);
    EpollSpy spy;
    spy.before_wait = [&] {
      level.ready->set(kReadable);
      for (std::uint64_t i = 0; i < pairs.size(); ++i) {
        level.poller.add(pairs[i].ours.get(), Token{i}, kWritable, PollOpt::level());
      }
      spy.before_wait = [] {};
    };
    Events events(3);
    CHECK(level.poller.wait(events) >= 2);
    CHECK(level.poller.wait(events) == 3);
  }

  TEST_CASE("a signal ends the sleep before the write does: what was set is handed out") {
    Fixture edge(PollOpt::edge());
    EpollSpy spy;
    std::promise<void> writing;
    std::promise<void> slept;
    lab::Thread sets;
    spy.before_wait = [&] {
      sets = lab::Thread([&] { edge.ready->set(kReadable); });
      writing.get_future().wait();
    };
    spy.before_write = [&] {
      writing.set_value();
      slept.get_future().wait();
    };
    const Interruptions storm;
    CHECK(edge.poller.wait(edge.events) == 1);
    slept.set_value();
  }

  TEST_CASE("always: each set writes, asleep or not, and a wait returns the same") {
    Fixture edge(PollOpt::edge(), Wakeup::always);
    EpollSpy spy;
    for (int i = 0; i < 1000; ++i) edge.ready->set(kReadable);
    CHECK(spy.writes == 1000);
    CHECK(edge.poller.wait(edge.events) == 1);
    spy.before_wait = [&] {
      for (int i = 0; i < 1000; ++i) edge.ready->set(kReadable);
    };
    CHECK(edge.poller.wait(edge.events, lab::kPatience) == 1);
    CHECK(spy.writes == 2000);
    CHECK(edge.poller.wakeup_writes() == 2000);
  }

  TEST_CASE("a sleep that nobody wakes leaves the poller awake: a set costs nothing again") {
    Fixture edge(PollOpt::edge());
    CHECK(!edge.poller.asleep());
    CHECK(edge.poller.wait(edge.events, std::chrono::milliseconds(1)) == 0);
    CHECK(!edge.poller.asleep());
    edge.ready->set(kReadable);
    CHECK(edge.poller.wakeup_writes() == 0);
  }

  TEST_CASE("a thread that sets again once its event was seen: no wake-up of thousands is lost") {
    constexpr std::size_t kSets = 5000;
    Fixture edge(PollOpt::edge());
    std::atomic<std::size_t> seen = 0;
    lab::Thread sets([&](const lab::Thread::Stop& stop) {
      for (std::size_t n = 1; n <= kSets; ++n) {
        edge.ready->set(kReadable);
        while (seen < n && !stop) std::this_thread::yield();
      }
    });
    const auto deadline = Clock::now() + lab::kPatience;
    while (seen < kSets) {
      REQUIRE(Clock::now() < deadline);
      seen += edge.poller.wait(edge.events, lab::kPatience);
    }
    CHECK(seen == kSets);
  }

  TEST_CASE("many threads set many registrations: the last set of each is seen") {
    constexpr std::size_t kThreads = 4;
    constexpr std::size_t kRegistrations = 8;
    constexpr int kSets = 2000;
    Poller poller;
    std::deque<UserRegistration> registrations;
    const std::array opts = {PollOpt::edge(), PollOpt::oneshot()};
    for (std::size_t i = 0; i < kRegistrations; ++i) {
      registrations.emplace_back(poller, Token{i}, kReadable, opts.at(i % 2));
    }
    std::array<std::atomic<std::size_t>, kRegistrations> sets{};
    std::array<std::size_t, kRegistrations> seen{};
    const EpollSpy spy;
    std::vector<lab::Thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t n = 0; n < kSets; ++n) {
          const std::size_t i = (n + t) % kRegistrations;
          ++sets[i];
          registrations[i].set_readiness().set(kReadable);
          // Some that come and go in between, with an event or without.
          UserRegistration passes(poller, Token{1000}, kReadable, PollOpt::level());
          if (n % 2 == 0) passes.set_readiness().set(kReadable);
        }
      });
    }
    const auto all_seen = [&] {
      return std::ranges::all_of(
          seen, [](std::size_t n) { return n == kThreads * kSets / kRegistrations; });
    };
    Events events(3);
    const auto deadline = Clock::now() + lab::kPatience;
    while (!all_seen()) {
      REQUIRE(Clock::now() < deadline);
      poller.wait(events, lab::kPatience);
      for (const auto& [token, ready] : events) {
        if (token == Token{1000}) continue;
        seen.at(token.value) = sets.at(token.value);
        registrations[token.value].modify(token, kReadable, opts.at(token.value % 2));
      }
    }
    threads.clear();
    CHECK(spy.writes <= spy.sleeps);
    CHECK(poller.wakeup_writes() == static_cast<std::uint64_t>(spy.writes));
  }
}

}  // namespace
}  // namespace common
