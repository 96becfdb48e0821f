// Does a Notify reach those who wait, the right ones, and nobody twice?

#include "runtime/channels/notify.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support.hpp"

namespace runtime {
namespace {

using Waiting = WithTask<Notify::Notified>;

/// So many that have been polled once.
std::deque<Waiting> in_line(Notify& notify, int count) {
  std::deque<Waiting> all;
  for (int i = 0; i < count; ++i) {
    CHECK_FALSE(all.emplace_back(notify.notified()).poll().is_ready());
  }
  return all;
}

// More than `notify_all` wakes at once.
constexpr int kMany = 40;

// --- Whose turn it is ---

TEST_CASE("notify_one: it is the turn of the one that was polled first, and of nobody else") {
  Notify notify;
  Waiting second(notify.notified());
  Waiting first(notify.notified());
  CHECK_FALSE(first.poll().is_ready());
  CHECK_FALSE(second.poll().is_ready());
  CHECK_FALSE(first.poll().is_ready());  // that does not send it to the end of the line
  notify.notify_one();
  CHECK(first.wakes() == 1);
  CHECK(second.wakes() == 0);
  CHECK_FALSE(second.poll().is_ready());
  CHECK(first.poll().is_ready());
  notify.notify_one();
  CHECK(second.wakes() == 1);
  CHECK(second.poll().is_ready());
  CHECK(first.wakers() + second.wakers() == 0);
}

TEST_CASE("a notification for nobody is kept for the next one who comes, and only one is") {
  Notify notify;
  notify.notify_one();
  notify.notify_one();
  Waiting first(notify.notified());
  Waiting second(notify.notified());
  CHECK(first.poll().is_ready());
  CHECK_FALSE(second.poll().is_ready());
  CHECK(first.wakers() == 0);
}

TEST_CASE("a notification that was for somebody is not kept") {
  Notify notify;
  auto waiting = in_line(notify, 1);
  notify.notify_one();
  CHECK(waiting[0].poll().is_ready());
  Waiting late(notify.notified());
  CHECK_FALSE(late.poll().is_ready());
}

TEST_CASE("notify_all: it is the turn of all who wait, and of nobody who comes later") {
  for (const int count : {0, 1, 16, 17, kMany}) {
    CAPTURE(count);
    Notify notify;
    auto waiting = in_line(notify, count);
    notify.notify_all();
    Waiting late(notify.notified());
    CHECK_FALSE(late.poll().is_ready());
    for (Waiting& each : waiting) {
      CHECK(each.wakes() == 1);
      CHECK(each.wakers() == 0);
      CHECK(each.poll().is_ready());
    }
  }
}

TEST_CASE("notify_all counts from notified(), also before the first poll") {
  Notify notify;
  Waiting before(notify.notified());
  Waiting moved = [&] {
    auto future = notify.notified();
    notify.notify_all();
    return Waiting(std::move(future));
  }();
  Waiting after(notify.notified());
  CHECK(before.poll().is_ready());
  CHECK(moved.poll().is_ready());
  CHECK_FALSE(after.poll().is_ready());
}

TEST_CASE("who was served by notify_all leaves a kept notification for others") {
  Notify notify;
  Waiting all(notify.notified());
  notify.notify_one();
  notify.notify_all();
  CHECK(all.poll().is_ready());
  Waiting one(notify.notified());
  CHECK(one.poll().is_ready());
}

TEST_CASE("polled for another task, it wakes that one, and lets go of the first") {
  Notify notify;
  Waiting waiting(notify.notified());
  CountingWaker other;
  CHECK_FALSE(waiting.poll().is_ready());
  CHECK_FALSE(waiting.poll_for_other(other).is_ready());
  CHECK(waiting.wakers() == 0);
  notify.notify_one();
  CHECK(waiting.wakes() == 0);
  CHECK(other.wakes() == 1);
}

TEST_CASE("one that has had its turn is over, and says so") {
  const std::string no_state = NoState().what();
  Notify notify;
  for (const bool all : {false, true}) {
    CAPTURE(all);
    auto waiting = in_line(notify, 1);
    if (all) notify.notify_all();
    if (!all) notify.notify_one();
    CHECK(waiting[0].poll().is_ready());
    CHECK(thrown_by([&] { static_cast<void>(waiting[0].poll()); }) == no_state);
    waiting[0].destroy();
    Waiting late(notify.notified());
    CHECK_FALSE(late.poll().is_ready());  // its turn was not passed on
  }
}

// --- Destroyed ---

TEST_CASE("destroyed while it waits: it is in no line, and nobody has its waker") {
  for (const std::size_t which : {0u, 1u, 2u}) {
    CAPTURE(which);
    Notify notify;
    auto waiting = in_line(notify, 3);
    waiting[which].destroy();
    CHECK(waiting[which].wakers() == 0);
    notify.notify_one();
    CHECK(waiting[which == 0 ? 1 : 0].wakes() == 1);
    notify.notify_one();
    CHECK(waiting[which == 2 ? 1 : 2].wakes() == 1);
    CHECK(waiting[which].wakes() == 0);
  }
}

TEST_CASE("destroyed before its first poll: nothing is passed on") {
  Notify notify;
  Waiting never(notify.notified());
  auto waiting = in_line(notify, 1);
  never.destroy();
  CHECK(waiting[0].wakes() == 0);
}

TEST_CASE("destroyed when its turn had come: the next one's turn comes, or that of who comes") {
  Notify notify;
  auto waiting = in_line(notify, 3);
  notify.notify_one();
  waiting[0].destroy();
  CHECK(waiting[1].wakes() == 1);
  CHECK(waiting[2].wakes() == 0);
  waiting[2].destroy();
  waiting[1].destroy();
  Waiting next(notify.notified());
  CHECK(next.poll().is_ready());
}

TEST_CASE("destroyed when it was served with all: nothing is passed on") {
  Notify notify;
  auto waiting = in_line(notify, 1);
  notify.notify_all();
  auto late = in_line(notify, 1);
  waiting[0].destroy();
  CHECK(late[0].wakes() == 0);
  CHECK_FALSE(late[0].poll().is_ready());
}

TEST_CASE("destroyed when its turn had come and was taken: nothing is passed on") {
  Notify notify;
  auto waiting = in_line(notify, 2);
  notify.notify_one();
  CHECK(waiting[0].poll().is_ready());
  waiting[0].destroy();
  CHECK(waiting[1].wakes() == 0);
}

TEST_CASE("notify_one and then notify_all: who had the turn of one passes it on") {
  Notify notify;
  auto waiting = in_line(notify, 2);
  notify.notify_one();
  notify.notify_all();
  CHECK(waiting[1].wakes() == 1);
  waiting[0].destroy();
  Waiting next(notify.notified());
  CHECK(next.poll().is_ready());
}

// --- Called back ---

TEST_CASE("a wake by notify_one that calls back finds the mutex free") {
  Notify notify;
  int calls = 0;
  CallingWaker calls_back([&] {
    ++calls;
    notify.notify_one();
  });
  Waiting waiting(notify.notified());
  CHECK_FALSE(waiting.poll_for_other(calls_back).is_ready());
  notify.notify_one();
  CHECK(calls == 1);
  Waiting next(notify.notified());
  CHECK(next.poll().is_ready());
}

TEST_CASE("while notify_all wakes, some are polled, some leave, and one comes: who comes waits") {
  Notify notify;
  Waiting comes(notify.notified());
  auto first = in_line(notify, 1);
  std::deque<Waiting> others;
  std::deque<Waiting> late;
  int ready = 0;
  CallingWaker calls_back([&] {
    for (std::size_t i = 20; i < kMany; ++i) {
      if (i % 3 == 0) others[i].destroy();
      if (i % 3 == 1 && others[i].poll().is_ready()) ++ready;
      if (i % 6 == 1) others[i].destroy();
    }
    comes.destroy();
    notify.notify_one();  // for who comes: those whom notify_all serves do not need it
    Waiting served(notify.notified());
    CHECK(served.poll().is_ready());
    late = in_line(notify, 1);
  });
  CHECK_FALSE(first[0].poll_for_other(calls_back).is_ready());
  others = in_line(notify, kMany);
  notify.notify_all();
  CHECK(ready == 6);
  for (std::size_t i = 0; i < kMany; ++i) {
    CAPTURE(i);
    CHECK(others[i].wakers() == 0);
    const bool left = i >= 20 && (i % 3 == 0 || i % 6 == 1);
    const bool was_ready = i >= 20 && i % 3 == 1;
    if (left) CHECK(others[i].wakes() == 0);
    if (!left && !was_ready) {
      CHECK(others[i].wakes() == 1);
      CHECK(others[i].poll().is_ready());
    }
  }
  CHECK(late[0].wakes() == 0);
  CHECK_FALSE(late[0].poll().is_ready());
}

TEST_CASE("who is woken last by notify_all may end the Notify") {
  for (const int count : {1, 16, 17}) {
    CAPTURE(count);
    auto notify = std::make_unique<Notify>();
    auto waiting = in_line(*notify, count - 1);
    Waiting last(notify->notified());
    CallingWaker ends([&] {
      waiting.clear();
      last.destroy();
      notify.reset();
    });
    CHECK_FALSE(last.poll_for_other(ends).is_ready());
    notify->notify_all();
    CHECK(notify == nullptr);
  }
}

// --- With tasks ---

TEST_CASE("wake during run: who is notified before its poll has returned is polled again") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  Notify notify;
  auto waits = [notified = notify.notified(), &notify](Context& context) mutable -> Poll<void> {
    auto result = notified.poll(context);
    if (!result.is_ready()) std::thread([&] { notify.notify_one(); }).join();
    return result;
  };
  auto handle = scheduler->spawn(poll_fn(std::move(waits)));
  CHECK(scheduler->run_all() == 2);
  CHECK(poll_once(handle).is_ready());
}

Async<> waits_twice(Notify& notify, Counted) {
  co_await notify.notified();
  co_await notify.notified();
}

TEST_CASE("a task aborted where it waits, or when its turn had come, leaves that to others") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  for (const int turns : {0, 1, 2}) {  // before the abort
    CAPTURE(turns);
    Notify notify;
    Lives lives;
    auto handle = scheduler->spawn(waits_twice(notify, Counted(lives)));
    scheduler->run_all();
    if (turns == 2) {
      notify.notify_one();
      scheduler->run_all();
    }
    if (turns > 0) notify.notify_one();
    auto next = in_line(notify, 1);
    handle.abort();
    scheduler->run_all();
    CHECK(lives.made == 1);
    CHECK(lives.ended == 1);
    CHECK(next[0].wakes() == (turns > 0 ? 1 : 0));
  }
}

TEST_CASE("a task that notifies itself has a budget, and then others have their turn") {
  struct State {
    Notify notify;
    bool other_ran = false;
    int turns = 0;
  };
  const auto other = [](State& state) -> Async<> {
    state.other_ran = true;
    co_return;
  };
  const auto main = [](State& state, Async<> other_task) -> Async<> {
    auto handle = spawn(std::move(other_task));
    while (!state.other_ran && state.turns < 1000) {
      ++state.turns;
      state.notify.notify_one();
      co_await state.notify.notified();
    }
    co_await handle;
  };
  State state;
  block_on(main(state, other(state)));
  CHECK(state.turns == Context::kBudget + 1);
}

struct Changes {
  Notify notify;
  std::atomic<int> version = 0;
  std::atomic<int> missed = 0;
};

Async<> follows(Changes& changes, int last) {
  for (;;) {
    auto changed = changes.notify.notified();
    if (changes.version == last) co_return;
    co_await changed;
  }
}

Async<> changes_it(Changes& changes, int last) {
  for (int i = 1; i <= last; ++i) {
    changes.version = i;
    changes.notify.notify_all();
    if (i % 8 == 0) co_await yield_now();
  }
}

Async<> many_follow(Changes& changes, int last) {
  std::vector<JoinHandle<void>> handles;
  for (int i = 0; i < 20; ++i) handles.push_back(spawn(follows(changes, last)));
  auto writer = spawn(changes_it(changes, last));
  for (auto& handle : handles) co_await handle;
  co_await writer;
}

TEST_CASE("a change between the look and the first poll is never missed") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Changes changes;
    block_on(many_follow(changes, 1000), options);
    CHECK(changes.version == 1000);
  }
}

// --- With threads ---

TEST_CASE("notify_one while the first in line leaves, on two threads: the next one's turn comes") {
  constexpr int kRounds = 2000;
  Notify notify;
  std::optional<std::deque<Waiting>> waiting;
  Rounds round(kRounds, [&](int) { waiting->front().destroy(); });
  int turns = 0;
  for (int i = 0; i < kRounds; ++i) {
    waiting.emplace(in_line(notify, 2));
    round.begin();
    notify.notify_one();
    round.end();
    turns += waiting->back().wakes();
    if (!waiting->back().poll().is_ready()) break;
  }
  CHECK(turns == kRounds);
}

TEST_CASE("notify_all while those who wait leave or are polled, on two threads") {
  constexpr int kRounds = 500;
  Notify notify;
  std::optional<std::deque<Waiting>> waiting;
  Rounds round(kRounds, [&](int) {
    for (std::size_t j = kMany; j > 0; j -= 2) (*waiting)[j - 1].destroy();
    for (std::size_t j = kMany; j > 0; j -= 4) {
      if ((*waiting)[j - 2].poll().is_ready()) (*waiting)[j - 2].destroy();
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    waiting.emplace(in_line(notify, kMany));
    round.begin();
    notify.notify_all();
    round.end();
    int wakers = 0;
    int late = 0;
    for (Waiting& each : *waiting) wakers += each.wakers();
    for (std::size_t j = 0; j < kMany; j += 4) late += 1 - (*waiting)[j].wakes();
    CHECK(wakers == 0);
    CHECK(late == 0);
  }
}

}  // namespace
}  // namespace runtime
