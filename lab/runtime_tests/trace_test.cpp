// Does a trace say what has happened, all of it, and nothing else?

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <latch>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "io_support.hpp"
#include "lab/support/text.hpp"
#include "runtime/trace/trace.hpp"
#include "trace_support.hpp"

namespace runtime {
namespace {

using namespace std::chrono_literals;
using Results = std::vector<std::string>;

/// Runs `future` with a trace, and gives that to be looked at.
template <Future F>
TraceReader traced(F future, Options options = virtual_clock()) {
  const TraceFile file;
  options.trace = file.path();
  block_on(std::move(future), options);
  return TraceReader(file.read());
}

Async<> sleep_twice() {
  co_await sleep(1ms);
  co_await sleep(2ms);
}

Async<> fail() {
  co_await yield_now();
  throw std::runtime_error("on purpose");
}

/// A task of each kind: one ends, one fails, one is aborted, one is left over.
Async<> every_result() {
  auto ready = spawn(sleep_twice());
  auto failed = spawn(map_error(fail(), [](const std::exception&) {}));
  auto throws = spawn(fail());
  auto aborted = spawn(sleep(1h));
  spawn(sleep(1h)).detach();
  co_await ready;
  co_await failed;
  try {
    co_await throws;
  } catch (const std::runtime_error&) {
  }
  aborted.abort();
  try {
    co_await aborted;
  } catch (const Aborted&) {
  }
}

TEST_CASE("every poll is a slice with its result, and every life begins and ends") {
  const TraceReader trace = traced(every_result());
  check_lives(trace);
  REQUIRE(trace.tasks().size() == 6);
  CHECK(trace.task(1).results().back() == "ready");
  CHECK(trace.task(2).results() == Results{"pending", "pending", "ready"});
  CHECK(trace.task(3).results() == Results{"pending", "ready"});
  CHECK(trace.task(4).results() == Results{"pending", "failed"});
  CHECK(trace.task(5).results() == Results{"pending", "aborted"});
  CHECK(trace.task(5).slices.back().arrow.has_value());
  CHECK(trace.task(6).results() == Results{"pending", "aborted"});
  CHECK_FALSE(trace.task(6).slices.back().arrow.has_value());
}

TEST_CASE("every kind of executor writes a trace that holds together") {
  for (Options options : executors()) {
    CAPTURE(options.workers);
    check_lives(traced(every_result(), options));
  }
}

TEST_CASE("with a virtual clock, the same run gives the same bytes") {
  const auto bytes = [] {
    const TraceFile file;
    Options options = virtual_clock();
    options.trace = file.path();
    block_on(every_result(), options);
    return file.text();
  };
  const std::string first = bytes();
  CHECK(first.size() > 1000);
  CHECK(first == bytes());
}

TEST_CASE("of each poll it is written how many operations were ready in it") {
  const TraceFile file;
  Options options = virtual_clock();
  options.trace = file.path();
  block_on(sleep_twice(), options);
  const std::string text = file.text();
  CHECK(lab::count(text, R"("result":"pending","ready":0)") == 1);
  CHECK(lab::count(text, R"("result":"pending","ready":1)") == 1);
  CHECK(lab::count(text, R"("result":"ready","ready":1)") == 1);
}

TEST_CASE("time is the runtime's, from the beginning, in microseconds") {
  const TraceReader trace = traced(sleep_twice());
  const std::vector<Slice>& polls = trace.task(1).slices;
  REQUIRE(polls.size() == 3);
  CHECK(polls[0].begin == 0);
  CHECK(polls[1].begin == 1'000'000);
  CHECK(polls[2].begin == 3'000'000);
}

TEST_CASE("the driver's waits are slices, and what it wakes for comes from a slice of its own") {
  const TraceReader trace = traced(sleep_twice());
  std::vector<std::string> names;
  for (const Slice& slice : trace.driver().slices) names.push_back(slice.name);
  CHECK(names == Results{"park", "wakes", "park", "wakes"});
  CHECK(trace.driver().slices[0].end == 1'000'000);
  CHECK(trace.driver().instants == Results{"timers", "timers"});
  for (const Slice& poll : {trace.task(1).slices[1], trace.task(1).slices[2]}) {
    CHECK(trace.origin(poll.arrow.value()).name == "driver");
  }
}

Async<> read_one(Fd fd) {
  PollEvented<Fd> io(std::move(fd));
  auto text = io.io(Direction::read, try_read_text);
  co_await text;
}

TEST_CASE("a readiness event names the descriptor and what it is ready for") {
  Pipe pipe;
  const std::string fd = "fd " + std::to_string(pipe.reading.get());
  auto send_later = [](Fd reading, Fd writing) -> Async<> {
    auto reader = spawn(read_one(std::move(reading)));
    co_await sleep(1ms);
    send_to(writing, "x");
    co_await reader;
  };
  const TraceReader trace = traced(send_later(std::move(pipe.reading), std::move(pipe.writing)));
  check_lives(trace);
  CHECK(trace.driver().instants == Results{"timers", fd + " readable"});
  CHECK(trace.origin(trace.task(2).slices.at(1).arrow.value()).name == "driver");
}

/// Pending until it was polled `polls` times; each time it calls `act`.
template <class Act>
auto pending_for(int polls, Act act) {
  return poll_fn([polls, act](Context& context) mutable -> Poll<void> {
    if (polls-- == 0) return done;
    act(context);
    return pending;
  });
}

TEST_CASE("of several wakes before a poll, only the first has an arrow") {
  const TraceReader trace = traced(pending_for(1, [](Context& context) {
    context.wake_self();
    context.wake_self();
  }));
  check_lives(trace);
  CHECK(trace.arrows() == 1);
}

TEST_CASE("wake during run: the arrow leads to the next poll") {
  const TraceReader trace = traced(pending_for(3, [](Context& context) { context.wake_self(); }));
  check_lives(trace);
  CHECK(trace.arrows() == 3);
  CHECK(trace.task(1).results() == Results{"pending", "pending", "pending", "ready"});
  for (std::size_t i = 1; i < 4; ++i) {
    CHECK(trace.origin(trace.task(1).slices[i].arrow.value()).name == trace.task(1).name);
  }
}

TEST_CASE("wake during the last run: no poll follows, and there is no arrow") {
  auto wake_and_end = poll_fn([](Context& context) -> Poll<void> {
    context.wake_self();
    return done;
  });
  CHECK(traced(wake_and_end).arrows() == 0);
}

TEST_CASE("a thread that is not the runtime's has a track of its own for its wakes") {
  for (Options options : executors()) {
    CAPTURE(options.workers);
    std::thread thread;
    auto woken = pending_for(1, [&](Context& context) {
      thread = std::thread([waker = context.waker()] { waker.wake(); });
    });
    const TraceReader trace = traced(std::move(woken), options);
    thread.join();
    check_lives(trace);
    REQUIRE(trace.others().size() == 1);
    CHECK(trace.others()[0].name.starts_with("thread "));
    const auto& polls = trace.task(1).slices;
    CHECK(trace.origin(polls.at(1).arrow.value()).name == trace.others()[0].name);
  }
}

TEST_CASE("blocking work is a task, and its end wakes who waits for it") {
  auto wait = []() -> Async<> {
    std::latch asked(1);  // the work ends after the task has asked for it, and not before
    auto handle = spawn_blocking([&] { asked.wait(); });
    auto asks_second = poll_fn([&](Context&) -> Poll<void> {
      asked.count_down();
      return done;
    });
    co_await join(std::move(handle), std::move(asks_second));
  };
  const TraceReader trace = traced(wait(), Options());
  check_lives(trace);
  REQUIRE(trace.tasks().size() == 2);
  CHECK(trace.origin(trace.task(1).slices.at(1).arrow.value()).name == trace.task(2).name);
}

template <class T>
Async<> spawns_in_template(T) {
  auto handle = spawn(ready());
  co_await handle;
}

TEST_CASE("a task is named by the place that spawned it") {
  const TraceReader outer = traced(spawns_in_template(0));
  const std::string line = std::to_string(__LINE__ - 6);
  CHECK(outer.task(2).name == "task 2 spawns_in_template trace_test.cpp:" + line);
  CHECK(outer.task(1).name.starts_with("task 1 traced trace_test.cpp:"));
}

TEST_CASE("the file is whole at every moment") {
  const TraceFile file;
  Options options = virtual_clock();
  options.trace = file.path();
  std::size_t events = 0;
  auto look = [](const TraceFile& trace, std::size_t& count) -> Async<> {
    for (int i = 0; i < 3; ++i) {
      co_await sleep(1ms);
      const std::size_t more = trace.read().at("traceEvents").size();
      CHECK(more > count);
      count = more;
    }
  };
  block_on(look(file, events), options);
}

/// What `block_on` throws with a trace to `file`.
std::string error_with(const std::string& file, Async<> future) {
  Options options;
  options.trace = file;
  try {
    block_on(std::move(future), options);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

Async<> note(bool& ran) {
  ran = true;
  co_return;
}

TEST_CASE("a file that cannot be opened is an error before anything runs") {
  bool ran = false;
  CHECK(error_with("/nowhere/t.json", note(ran)) ==
        "open /nowhere/t.json: No such file or directory");
  CHECK_FALSE(ran);
}

TEST_CASE("a full disk is an error after the run") {
  bool ran = false;
  CHECK(error_with("/dev/full", note(ran)) == "write /dev/full: No space left on device");
  CHECK(ran);
}

TEST_CASE("a full disk does not hide the future's own error, and is a line on standard error") {
  const CapturedErrors errors;
  CHECK(error_with("/dev/full", fail()) == "on purpose");
  CHECK(errors.text() == "write /dev/full: No space left on device\n");
}

/// Wakes everybody who plays, again and again, from tasks and from a thread.
struct Game {
  std::mutex mutex;
  std::vector<Waker> wakers;
  std::atomic<int> left = 2000;

  void wake_all() {
    std::vector<Waker> woken;
    {
      const std::lock_guard lock(mutex);
      woken.swap(wakers);
    }
    for (const Waker& waker : woken) waker.wake();
  }
};

Async<> player(Game& game) {
  auto rounds = poll_fn([&](Context& context) -> Poll<void> {
    if (--game.left <= 0) return done;
    {
      const std::lock_guard lock(game.mutex);
      game.wakers.push_back(context.waker());
      game.wakers.push_back(context.waker());
    }
    if (game.left % 2 == 0) game.wake_all();
    return pending;
  });
  co_await rounds;
}

Async<> play(Game& game) {
  std::vector<JoinHandle<void>> players;
  for (int i = 0; i < 6; ++i) players.push_back(spawn(player(game)));
  for (JoinHandle<void>& handle : players) co_await handle;
}

TEST_CASE("wakes from everywhere at once: each poll but the first has its arrow") {
  for (Options options : executors()) {
    CAPTURE(options.workers);
    Game game;
    std::atomic<bool> over = false;
    std::thread waker([&] {
      while (!over) game.wake_all();
    });
    const AtEnd join([&] {
      over = true;
      waker.join();
    });
    check_lives(traced(play(game), options));
  }
}

}  // namespace
}  // namespace runtime
