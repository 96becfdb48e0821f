// Does it hold whatever comes between? Each test is named after its interleaving. The first ones
// call from hooks of a scheduler that is driven by hand, so that the interleaving is always the
// same; the others use threads and gates, and repeat.

#include <doctest/doctest.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "support.hpp"

namespace runtime {
namespace {

/// Pending until it was polled `polls` times; calls `inside` in each poll, with the task's waker.
class Polled {
 public:
  using Output = int;
  Polled(int polls, std::function<void(const Waker&)> inside)
      : polls_(polls), inside_(std::move(inside)) {}
  Poll<int> poll(Context& context) {
    inside_(context.waker());
    if (--polls_ == 0) return 7;
    return pending;
  }

 private:
  int polls_;
  std::function<void(const Waker&)> inside_;
};

// --- By hand ---

TEST_CASE("wake during run: the task is submitted when its poll has returned") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  auto handle = scheduler->spawn(Polled(2, [&](const Waker& waker) {
    std::thread([&] { waker.wake(); }).join();
    CHECK(scheduler->next() == nullptr);  // not while it runs: nobody else may run it now
  }));
  CHECK(scheduler->run_all() == 2);
  CHECK(poll_once(handle).take() == 7);
}

TEST_CASE("wake between stop and submit: the task is in the queue once") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Waker kept;
  auto handle = scheduler->spawn(Polled(3, [&](const Waker& waker) { kept = waker; }));
  scheduler->run_all();
  scheduler->before_submit = [&] { kept.wake(); };  // would recurse for ever if it submitted too
  kept.wake();
  CHECK(scheduler->submits() == 2);
  CHECK(scheduler->run_all() == 1);
  kept.wake();
  CHECK(scheduler->run_all() == 1);
  CHECK(poll_once(handle).take() == 7);
  kept = Waker();
}

TEST_CASE("abort between stop and submit: the task is in the queue once, and is cancelled there") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Lives lives;
  auto handle = scheduler->spawn(
      Polled(9, [life = std::make_shared<Counted>(lives)](const Waker& waker) { waker.wake(); }));
  scheduler->before_submit = [&] { handle.abort(); };
  scheduler->run_one();
  CHECK(scheduler->submits() == 2);
  CHECK(lives.alive() == 1);
  CHECK(scheduler->run_all() == 1);
  CHECK(lives.ended == 1);
  CHECK_THROWS_AS(static_cast<void>(poll_once(handle)), Aborted);
}

TEST_CASE("join while finishing: who joins between the output and the end gets the output") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  auto handle = scheduler->spawn(ready(7));
  int result = 0;
  scheduler->on_remove = [&] { result = poll_once(handle).take(); };
  scheduler->run_all();
  CHECK(result == 7);
}

TEST_CASE("detach while finishing: the output is destroyed once") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Lives lives;
  std::optional handle(scheduler->spawn(ready(Counted(lives))));
  scheduler->on_remove = [&] { handle.reset(); };
  scheduler->run_all();
  CHECK(lives.made == 1);
  CHECK(lives.ended == 1);
}

TEST_CASE("wake and abort while finishing: nothing is submitted") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Waker kept;
  auto handle = scheduler->spawn(Polled(1, [&](const Waker& waker) { kept = waker; }));
  scheduler->on_remove = [&] {
    kept.wake();
    handle.abort();
    kept = Waker();
  };
  CHECK(scheduler->run_all() == 1);
  CHECK(scheduler->submits() == 1);
}

TEST_CASE("wake and abort of a task by its own destructors: nothing is submitted") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Waker kept;
  JoinHandle<int>* own = nullptr;
  auto at_end = std::make_shared<AtEnd>([&] {
    kept.wake();
    own->abort();
  });
  auto handle = scheduler->spawn(Polled(9, [&, at_end](const Waker& waker) { kept = waker; }));
  own = &handle;
  at_end.reset();
  scheduler->run_all();
  handle.abort();
  CHECK(scheduler->run_all() == 1);
  CHECK(scheduler->submits() == 2);
  kept = Waker();
}

// --- With threads ---

/// A thread and a task that answer each other: the thread rings, the task counts.
struct Bell {
  std::atomic<int> rings = 0;
  std::atomic<int> answers = 0;
  std::mutex mutex;
  Waker waker;

  void ring() {
    ++rings;
    Waker taken;
    {
      const std::lock_guard lock(mutex);
      taken = std::exchange(waker, Waker());
    }
    taken.wake();
  }
  void wait_for_answer(int count) const {
    for (int now = answers; now < count; now = answers) answers.wait(now);
  }
  Poll<void> poll(int count, Context& context) {
    if (rings >= count) return done;
    const std::lock_guard lock(mutex);
    waker = context.waker();
    if (rings >= count) return done;
    return pending;
  }
};

Async<> answers(Bell& bell, int count) {
  for (int i = 1; i <= count; ++i) {
    auto rung = [&bell, i](Context& context) { return bell.poll(i, context); };
    co_await poll_fn(std::move(rung));
    bell.answers = i;
    bell.answers.notify_all();
  }
}

TEST_CASE("wake from another thread while the executor goes to sleep: it is never lost") {
  constexpr int kRounds = 2000;
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Bell bell;
    std::thread rings([&] {
      for (int i = 1; i <= kRounds; ++i) {
        bell.ring();
        bell.wait_for_answer(i);
      }
    });
    block_on(answers(bell, kRounds), options);
    rings.join();
    CHECK(bell.answers == kRounds);
  }
}

TEST_CASE("wakes from two threads while the workers go to sleep: none is lost") {
  constexpr int kRounds = 1000;
  const auto both = [](Bell& first, Bell& second) -> Async<> {
    auto handle = spawn(answers(first, kRounds));
    co_await answers(second, kRounds);
    co_await handle;
  };
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Bell bells[2];
    std::vector<std::thread> threads;
    for (Bell& bell : bells) {
      threads.emplace_back([&bell] {
        for (int i = 1; i <= kRounds; ++i) {
          bell.ring();
          bell.wait_for_answer(i);
        }
      });
    }
    block_on(both(bells[0], bells[1]), options);
    for (std::thread& thread : threads) thread.join();
    CHECK(bells[0].answers == kRounds);
    CHECK(bells[1].answers == kRounds);
  }
}

TEST_CASE("wake from another thread during run: the task is polled again") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Flag running;
    Flag woken;
    Waker waker;
    std::thread wakes([&] {
      running.wait();
      waker.wake();
      woken.set();
    });
    int polls = 0;
    block_on(poll_fn([&](Context& context) -> Poll<void> {
               if (++polls == 2) return done;
               waker = context.waker();
               running.set();
               woken.wait();
               return pending;
             }),
             options);
    wakes.join();
    waker = Waker();
    CHECK(polls == 2);
  }
}

TEST_CASE(
    "abort from another thread during run: the future is destroyed when its poll has returned") {
  struct State {
    Flag running;
    Flag handle_is_there;  // which may be later: another worker runs the task at once
    Flag aborted;
    JoinHandle<void>* handle = nullptr;
    std::atomic<bool> polling = false;
    bool destroyed_in_poll = false;
    Lives lives;
  };
  const auto body = [](State& state, AtEnd, Counted) -> Async<> {
    state.polling = true;
    state.running.set();
    state.aborted.wait();
    state.polling = false;
    co_await Never();
  };
  const auto main = [](State& state, Async<> task) -> Async<bool> {
    auto handle = spawn(std::move(task));
    state.handle = &handle;
    state.handle_is_there.set();
    try {
      co_await handle;
    } catch (const Aborted&) {
      co_return true;
    }
    co_return false;
  };
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    State state;
    std::thread aborts([&] {
      state.running.wait();
      state.handle_is_there.wait();
      state.handle->abort();
      state.aborted.set();
    });
    AtEnd at_end([&] { state.destroyed_in_poll = state.polling; });
    CHECK(block_on(main(state, body(state, std::move(at_end), Counted(state.lives))), options));
    aborts.join();
    CHECK_FALSE(state.destroyed_in_poll);
    CHECK(state.lives.ended == 1);
  }
}

TEST_CASE("join while finishing, on two threads: the joiner is woken, or finds the output") {
  constexpr int kRounds = 2000;
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Lives lives;
  Task* task = nullptr;
  Rounds round(kRounds, [&](int) { task->run(); });
  int results = 0;
  for (int i = 0; i < kRounds; ++i) {
    auto handle = scheduler->spawn(ready(Counted(lives)));
    task = scheduler->next();
    CountingWaker joiner;
    round.begin();
    bool joined = poll_for(joiner, handle).is_ready();
    round.end();
    if (!joined) {
      CHECK(joiner.wakes() == 1);
      joined = poll_for(joiner, handle).is_ready();
    }
    results += joined ? 1 : 0;
  }
  CHECK(results == kRounds);
  CHECK(lives.made == kRounds);
  CHECK(lives.ended == kRounds);
}

TEST_CASE("detach and abort while finishing, on two threads: everything is destroyed once") {
  constexpr int kRounds = 2000;
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Lives lives;
  Task* task = nullptr;
  Rounds round(kRounds, [&](int) { task->run(); });
  for (int i = 0; i < kRounds; ++i) {
    auto handle = scheduler->spawn(ready(Counted(lives)));
    task = scheduler->next();
    round.begin();
    if (i % 2 == 0) handle.abort();
    handle.detach();
    round.end();
  }
  CHECK(lives.made == kRounds);
  CHECK(lives.ended == kRounds);
  CHECK(scheduler->removes() == kRounds);
}

TEST_CASE("the last waker is dropped by another thread, while the task ends or after its runtime") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    for (int i = 0; i < 50; ++i) {
      Gate gate;
      std::thread drops([&] {
        gate.wait_for_polls(1);
        const Waker waker = gate.take_waker();
        gate.open();
        waker.wake();
      });
      block_on(gate.wait(), options);
      drops.join();
    }
  }
}

TEST_CASE("a task is destroyed by who drops its last waker, with its runtime") {
  Lives schedulers;
  Gate gate;
  {
    const auto scheduler = Ref<ByHand>::adopt(new ByHand);
    scheduler->on_remove = [life = std::make_shared<Counted>(schedulers)] {};
    auto handle = scheduler->spawn(gate.wait());
    scheduler->run_all();
    Waker waker = gate.take_waker();
    handle.abort();
    scheduler->run_all();
    handle.detach();
    std::thread([&, last = std::move(waker)]() mutable {
      last.wake();
      last = Waker();
    }).join();
    CHECK(schedulers.alive() == 1);
  }
  CHECK(schedulers.ended == 1);
}

// --- Between workers ---

TEST_CASE(
    "two tasks woken at once run at once on two workers, also when one of those waits in the "
    "driver") {
  struct State {
    Gate gates[2];
    std::barrier<> both{2};
  };
  const auto meets = [](State& state, int index) -> Async<> {
    co_await state.gates[index].wait();
    state.both.arrive_and_wait();  // blocks its worker until the other task runs too
  };
  const auto main = [](Async<> first, Async<> second) -> Async<> {
    auto handle = spawn(std::move(first));
    co_await std::move(second);
    co_await handle;
  };
  Options options;
  options.workers = 2;
  for (int i = 0; i < 50; ++i) {
    State state;
    std::thread wakes([&] {
      for (Gate& gate : state.gates) gate.wait_for_polls(1);
      for (Gate& gate : state.gates) gate.open();
    });
    block_on(main(meets(state, 0), meets(state, 1)), options);
    wakes.join();
  }
}

TEST_CASE("while one of two workers is busy, the other one waits for the kernel") {
  struct State {
    common::Fd read;
    common::Fd write;
    Flag passed;
  };
  const auto reads = [](State& state) -> Async<> {
    struct Source {
      explicit Source(int fd) : fd_(fd) {}
      [[nodiscard]] int get() const { return fd_; }
      int fd_;
    };
    PollEvented<Source> source(Source(state.read.get()));
    auto readable = [&source](Context& context) -> Poll<void> {
      if (source.poll_ready(Direction::read, context).is_ready()) return done;
      return pending;
    };
    co_await poll_fn(std::move(readable));
    state.passed.set();
  };
  const auto main = [](State& state, Async<> reader) -> Async<> {
    auto handle = spawn(std::move(reader));
    for (int i = 0; i < 10; ++i) co_await yield_now();
    co_await sleep(
        std::chrono::milliseconds(1));  // then the worker that was in the driver runs this
    const char byte = 1;
    common::check(::write(state.write.get(), &byte, 1), "write");
    state.passed.wait();  // keeps this worker busy until the reader has run
    co_await handle;
  };
  for (int i = 0; i < 20; ++i) {
    int ends[2];
    common::check(::pipe(ends), "pipe");
    State state;
    state.read = common::Fd(ends[0]);
    state.write = common::Fd(ends[1]);
    Options options;
    options.workers = 2;
    block_on(main(state, reads(state)), options);
  }
}

}  // namespace
}  // namespace runtime
