// Does the poller say what the kernel says, and wait as it was told?

#include "common/poller/poller.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "common/io.hpp"
#include "common/socket.hpp"
#include "lab/support/server.hpp"
#include "lab/support/thread.hpp"
#include "poller_support.hpp"
#include "support.hpp"

namespace common {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr ReadySet kAll = ReadySet::readable() | ReadySet::writable() | ReadySet::read_hup();

void send(SocketPair& pair) {
  write_all(pair.theirs.get(), std::string_view("x"));
}

void receive(SocketPair& pair) {
  std::array<char, 8> buffer;
  read_some(pair.ours.get(), buffer);
}

/// True if `work` ends the process with a failed assertion.
template <class Work>
bool asserts(Work work) {
  const pid_t child = check(::fork(), "fork");
  if (child == 0) {
    ::signal(SIGABRT, SIG_DFL);
    ::close(STDERR_FILENO);
    work();
    ::_exit(0);
  }
  int status = 0;
  check(retry([&] { return ::waitpid(child, &status, 0); }), "waitpid");
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

TEST_SUITE("poller") {
  TEST_CASE("the example in poller.hpp") {
    SocketPair pair;
    const Fd& socket = pair.ours;
    send(pair);
    bool running = true;
    const auto answer = [&](int) { running = false; };

    Poller poller;
    poller.add(socket.get(), Token{1}, ReadySet::readable(), PollOpt::level());
    Events events(64);
    while (running) {
      poller.wait(events);
      for (const Event& event : events) {
        if (event.token == Token{1}) answer(socket.get());
      }
    }
  }

  TEST_CASE("a set of readiness: union, intersection, difference") {
    constexpr ReadySet kBoth = ReadySet::readable() | ReadySet::writable();
    static_assert(ReadySet().empty() && !kBoth.empty());
    static_assert(kBoth.contains(ReadySet::readable()) && !ReadySet::readable().contains(kBoth));
    static_assert((kBoth & (ReadySet::readable() | ReadySet::hup())) == ReadySet::readable());
    static_assert(kBoth - ReadySet::readable() == ReadySet::writable());
    static_assert((ReadySet::hup() & ReadySet::read_hup()).empty());
  }

  TEST_CASE("level: an event by every wait for as long as there is something to read") {
    SocketPair pair;
    Poller poller;
    poller.add(pair.ours.get(), kToken, ReadySet::readable(), PollOpt::level());
    CHECK(ready_now(poller).empty());
    send(pair);
    CHECK(ready_now(poller) == ReadySet::readable());
    CHECK(ready_now(poller) == ReadySet::readable());
    receive(pair);
    CHECK(ready_now(poller).empty());
  }

  TEST_CASE("edge: one event each time that something comes, also if it was not read") {
    SocketPair pair;
    send(pair);
    Poller poller;
    poller.add(pair.ours.get(), kToken, ReadySet::readable(), PollOpt::edge());
    CHECK(ready_now(poller) == ReadySet::readable());
    CHECK(ready_now(poller).empty());
    send(pair);
    CHECK(ready_now(poller) == ReadySet::readable());
    CHECK(ready_now(poller).empty());
  }

  TEST_CASE("oneshot: one event, and nothing more until modify arms it again") {
    for (const PollOpt opt : {PollOpt::oneshot(), PollOpt::oneshot() | PollOpt::edge()}) {
      SocketPair pair;
      Poller poller;
      poller.add(pair.ours.get(), kToken, ReadySet::readable(), opt);
      send(pair);
      CHECK(ready_now(poller) == ReadySet::readable());
      send(pair);
      CHECK(ready_now(poller).empty());
      poller.modify(pair.ours.get(), kToken, ReadySet::readable(), opt);
      CHECK(ready_now(poller) == ReadySet::readable());
      CHECK(ready_now(poller).empty());
    }
  }

  TEST_CASE("reading and writing registered together, on edges") {
    SocketPair pair;
    Poller poller;
    poller.add(pair.ours.get(), kToken, ReadySet::readable() | ReadySet::writable(),
               PollOpt::edge());
    CHECK(ready_now(poller) == ReadySet::writable());
    CHECK(ready_now(poller).empty());
    send(pair);
    CHECK(ready_now(poller) == (ReadySet::readable() | ReadySet::writable()));
  }

  TEST_CASE("modify changes the token, the interest and the option") {
    SocketPair pair;
    Poller poller;
    poller.add(pair.ours.get(), Token{1}, ReadySet::readable(), PollOpt::level());
    poller.modify(pair.ours.get(), kToken, ReadySet::writable(), PollOpt::edge());
    CHECK(ready_now(poller) == ReadySet::writable());
    CHECK(ready_now(poller).empty());
  }

  TEST_CASE("remove: no event any more, and the descriptor can be added again") {
    SocketPair pair;
    Poller poller;
    poller.add(pair.ours.get(), Token{1}, ReadySet::readable(), PollOpt::level());
    send(pair);
    poller.remove(pair.ours.get());
    CHECK(look(poller).empty());
    poller.add(pair.ours.get(), kToken, ReadySet::readable(), PollOpt::level());
    CHECK(ready_now(poller) == ReadySet::readable());
  }

  TEST_CASE("a descriptor closed without remove has events for as long as a duplicate is open") {
    SocketPair pair;
    Poller poller;
    poller.add(pair.ours.get(), kToken, ReadySet::readable(), PollOpt::level());
    Fd duplicate(check(::dup(pair.ours.get()), "dup"));
    send(pair);
    pair.ours.reset();
    CHECK(ready_now(poller) == ReadySet::readable());
    duplicate.reset();
    CHECK(look(poller).empty());
  }

  TEST_CASE("a token comes back with all of its 64 bits") {
    SocketPair pair;
    Poller poller;
    const Token large{0xfffffffeffffffff};
    poller.add(pair.ours.get(), large, ReadySet::writable(), PollOpt::level());
    const auto events = look(poller);
    REQUIRE(events.size() == 1);
    CHECK(events.front().token == large);
  }

  TEST_CASE("a peer that half-closes is read_hup and not hup, and can still be written to") {
    const Fd listener = listen_tcp("127.0.0.1", 0);
    const Fd peer = connect_tcp("127.0.0.1", local_address(listener.get()).port());
    const Fd ours = accept(listener.get());
    Poller poller;
    poller.add(ours.get(), kToken, kAll, PollOpt::level());
    CHECK(ready_now(poller) == ReadySet::writable());
    check(::shutdown(peer.get(), SHUT_WR), "shutdown");
    // On loopback, too, the end of file takes a way.
    lab::wait_until([&] { return ready_now(poller) == kAll; }, "the end of file has come");
    write_all(ours.get(), std::string_view("still"));
    std::array<char, 8> buffer;
    CHECK(read_some(peer.get(), buffer) == 5);
  }

  TEST_CASE("read_hup comes only to those who are interested, hup to everybody") {
    SocketPair pair;
    Poller poller;
    poller.add(pair.ours.get(), kToken, ReadySet(), PollOpt::level());
    check(::shutdown(pair.theirs.get(), SHUT_WR), "shutdown");
    CHECK(ready_now(poller).empty());
    pair.theirs.reset();
    CHECK(ready_now(poller) == ReadySet::hup());
  }

  TEST_CASE("a pipe whose reader is gone is an error, and one whose writer is gone a hup") {
    int ends[2];
    check(::pipe2(ends, O_CLOEXEC), "pipe2");
    Fd reader(ends[0]);
    Fd writer(ends[1]);
    Poller poller;
    SUBCASE("reader") {
      poller.add(writer.get(), kToken, ReadySet(), PollOpt::level());
      reader.reset();
      CHECK(ready_now(poller) == ReadySet::error());
    }
    SUBCASE("writer, with a byte still to be read") {
      poller.add(reader.get(), kToken, ReadySet::readable(), PollOpt::level());
      write_all(writer.get(), std::string_view("x"));
      writer.reset();
      CHECK(ready_now(poller) == (ReadySet::readable() | ReadySet::hup()));
    }
  }

  TEST_CASE("errors name the operation") {
    SocketPair pair;
    const int fd = pair.ours.get();
    const Fd file(check(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "open"));
    Poller poller;
    const auto add = [&](int what) {
      return error_of([&] { poller.add(what, kToken, ReadySet::readable(), PollOpt::level()); });
    };
    CHECK(add(-1) == "epoll_ctl ADD: Bad file descriptor");
    CHECK(add(file.get()) == "epoll_ctl ADD: Operation not permitted");
    CHECK(add(fd) == "no error");
    CHECK(add(fd) == "epoll_ctl ADD: File exists");
    poller.remove(fd);
    CHECK(error_of([&] { poller.remove(fd); }) == "epoll_ctl DEL: No such file or directory");
    CHECK(error_of([&] { poller.modify(fd, kToken, ReadySet::readable(), PollOpt::level()); }) ==
          "epoll_ctl MOD: No such file or directory");
  }

  TEST_CASE("out of descriptors, a poller is an error, and nothing stays open") {
    // Room for the epoll descriptor in the second round, but not for the eventfd.
    const Fd spare(check(::dup(STDIN_FILENO), "dup"));
    const int next = spare.get() + 1;
    CHECK(!is_open(next));
    {
      const NoDescriptors none;
      CHECK(error_of([] { Poller poller; }) == "epoll_create1: Too many open files");
    }
    Fd hole(check(::dup(STDIN_FILENO), "dup"));
    {
      const NoDescriptors none;
      hole.reset();
      CHECK(error_of([] { Poller poller; }) == "eventfd: Too many open files");
    }
    CHECK(!is_open(next));
  }

  TEST_CASE("an error of epoll_wait itself is thrown, and the poller can be waited for again") {
    Poller poller;
    Events too_many(INT_MAX / sizeof(epoll_event) + 1);
    CHECK(error_of([&] { poller.wait(too_many); }) == "epoll_wait: Invalid argument");
    CHECK(look(poller).empty());
  }

  TEST_CASE("a timeout reaches the kernel rounded up, and none is for ever") {
    SocketPair pair;
    Poller poller;
    poller.add(pair.ours.get(), kToken, ReadySet::writable(), PollOpt::level());  // so none sleeps
    Events events(2);
    const EpollSpy spy;
    const auto asked = [&](std::optional<Duration> timeout) {
      CHECK(poller.wait(events, timeout) == 1);
      return spy.timeout.load();
    };
    CHECK(asked(std::nullopt) == -1);
    CHECK(asked(Duration::zero()) == 0);
    CHECK(asked(nanoseconds(1)) == 1);
    CHECK(asked(microseconds(1001)) == 2);
    CHECK(asked(Duration::max()) == INT_MAX);  // the other limits: see clock.cpp
    CHECK(asked(Duration::min()) == 0);
  }

  TEST_CASE("a wait that finds nothing ends with its timeout, after one epoll_wait") {
    Poller poller;
    Events events(2);
    const EpollSpy spy;
    const auto start = Clock::now();
    CHECK(poller.wait(events, microseconds(1500)) == 0);
    CHECK(Clock::now() - start >= microseconds(1500));
    CHECK(spy.waits == 1);
  }

  TEST_CASE("a signal ends a wait early, with no events, after one epoll_wait") {
    Poller poller;
    Events events(2);
    const EpollSpy spy;
    const Interruptions storm;
    CHECK(poller.wait(events) == 0);
    CHECK(spy.waits == 1);
  }

  TEST_CASE("more descriptors are ready than fit: each has its turn") {
    std::vector<SocketPair> pairs(5);
    Poller poller;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      poller.add(pairs[i].ours.get(), Token{i}, ReadySet::writable(), PollOpt::level());
    }
    Events events(2);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 3; ++i) {
      CHECK(poller.wait(events) == 2);
      for (const Event& event : events) seen.insert(event.token.value);
    }
    CHECK(seen.size() == pairs.size());
  }

  TEST_CASE("a descriptor added, modified while the poller sleeps, wakes it") {
    SocketPair pair;
    Poller poller;
    Events events(2);
    lab::Thread adds([&] {
      wait_until_asleep(poller);
      poller.add(pair.ours.get(), Token{1}, ReadySet::readable(), PollOpt::level());
      poller.modify(pair.ours.get(), kToken, ReadySet::writable(), PollOpt::level());
    });
    CHECK(poller.wait(events) == 1);
    adds.join();
    CHECK(ready_now(poller) == ReadySet::writable());
  }

#ifndef NDEBUG
  TEST_CASE("what the contract requires is asserted") {
    SocketPair pair;
    Poller poller;
    CHECK(asserts([] { const Events one(1); }));
    CHECK(asserts([&] {
      poller.add(pair.ours.get(), Token{~0ull}, ReadySet::readable(), PollOpt::level());
    }));
    CHECK(asserts([&] {
      EpollSpy spy;
      spy.before_wait = [&] { look(poller); };  // a second wait during the first
      look(poller);
    }));
    CHECK(!asserts([&] { look(poller); }));
  }
#endif
}

}  // namespace
}  // namespace common
