// Does an mpsc hold between tasks and threads, whatever comes between?

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "mpsc_support.hpp"

namespace runtime {
namespace {

using std::chrono::milliseconds;

// --- With tasks ---

using Number = std::pair<std::size_t, int>;  // whose it is, and which

Async<> sends_numbers(Sender<Number> sender, std::size_t me, int count) {
  for (int i = 0; i < count; ++i) {
    const Number value(me, i);
    const auto back = co_await sender.send(value);
    if (back) throw std::logic_error("it came back");
  }
}

/// How many numbers came. Throws when one is missing or comes too early.
Async<int> receives_numbers(Receiver<Number> receiver, std::size_t senders) {
  std::vector<int> expected(senders);
  int count = 0;
  for (;;) {
    const auto value = co_await receiver.receive();
    if (!value) co_return count;
    if (value->second != expected[value->first]++) throw std::logic_error("out of order");
    ++count;
  }
}

Async<int> many_numbers(std::size_t senders, int each, std::size_t room) {
  auto channel = mpsc<Number>(room);
  auto receiving = spawn(receives_numbers(std::move(channel.receiver), senders));
  for (std::size_t i = 0; i < senders; ++i) spawn(sends_numbers(channel.sender, i, each)).detach();
  { const auto gone = std::move(channel.sender); }
  co_return co_await receiving;
}

TEST_CASE("100,000 values from several senders all arrive, each sender's in order") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    CHECK(block_on(many_numbers(4, 25'000, 16), options) == 100'000);
    CHECK(block_on(many_numbers(7, 1'000, 1), options) == 7'000);
  }
}

struct Inside {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;

  void add() {
    const int count = ++now;
    int before = most;
    while (before < count && !most.compare_exchange_weak(before, count)) {
    }
  }
};

Async<> fills(Sender<int> sender, Inside& inside, int count) {
  for (int i = 0; i < count; ++i) {
    const auto back = co_await sender.send(i);
    if (!back) inside.add();  // after it is in the channel: never too many because of that
  }
}

Async<> slowly_empties(Inside& inside, std::size_t room, int count) {
  auto channel = mpsc<int>(room);
  for (int i = 0; i < 3; ++i) spawn(fills(channel.sender, inside, count)).detach();
  for (int i = 0; i < 3 * count; ++i) {
    co_await yield_now();
    --inside.now;  // before it is out
    const auto value = co_await channel.receiver.receive();
    if (!value) throw std::logic_error("the end, too early");
  }
}

TEST_CASE("backpressure: a slow receiver never has more values before it than there is room") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Inside inside;
    block_on(slowly_empties(inside, 5, 1000), options);
    CHECK(inside.now == 0);
    CHECK(inside.most >= 1);
    CHECK(inside.most <= 5);
    if (options.workers == 0) CHECK(inside.most == 5);
  }
}

struct Turns {
  bool other_ran = false;
  int count = 0;
};

Async<> other_task(Turns& turns) {
  turns.other_ran = true;
  co_return;
}

Async<> sends_to_itself(Turns& turns) {
  auto channel = mpsc<int>(2);
  while (!turns.other_ran && turns.count < 1000) {
    ++turns.count;
    co_await channel.sender.send(1);
    co_await channel.receiver.receive();
  }
}

Async<> always_receives(Turns& turns) {
  auto channel = mpsc<int>(1000);
  while (!channel.sender.try_send(1)) {
  }
  while (!turns.other_ran && turns.count < 1000) {
    ++turns.count;
    co_await channel.receiver.receive();
  }
}

Async<> always_sends(Turns& turns) {
  auto channel = mpsc<int>(1000);
  while (!turns.other_ran && turns.count < 1000) {
    ++turns.count;
    co_await channel.sender.send(1);
  }
}

Async<> always_reserves(Turns& turns) {
  auto channel = mpsc<int>(1);
  while (!turns.other_ran && turns.count < 1000) {
    ++turns.count;
    co_await channel.sender.reserve();
  }
}

Async<> beside(Turns& turns, Async<> busy) {
  auto other = spawn(other_task(turns));
  co_await std::move(busy);
  co_await other;
}

TEST_CASE("a task that is never made to wait has a budget, and then others have their turn") {
  for (auto* const busy : {sends_to_itself, always_receives, always_sends, always_reserves}) {
    Turns turns;
    block_on(beside(turns, busy(turns)));
    CHECK(turns.count == (busy == sends_to_itself ? Context::kBudget / 2 : Context::kBudget) + 1);
  }
}

TEST_CASE("a task that waits for more channels than its budget asks them all in one poll") {
  constexpr int kChannels = 3 * Context::kBudget;
  std::vector<Mpsc<int>> channels;
  for (int i = 0; i < kChannels; ++i) channels.push_back(mpsc<int>(1));
  int ready = 0;
  const auto ask = [&](Context& context) -> Poll<void> {
    for (auto& channel : channels) {
      auto receive = channel.receiver.poll_receive(context);
      if (receive.is_ready()) ++ready;
    }
    return pending;
  };
  WithTask all(poll_fn(ask));
  CHECK_FALSE(all.poll().is_ready());
  CHECK(all.wakes() == 0);
  CHECK(all.wakers() == kChannels);
  CHECK_FALSE(channels.back().sender.try_send(1));
  CHECK(all.wakes() == 1);
  CHECK_FALSE(all.poll().is_ready());
  CHECK(ready == 1);
  channels.clear();
  CHECK(all.wakers() == 0);
}

TEST_CASE("a task in more lines than its budget is in them all after one poll") {
  constexpr int kChannels = 3 * Context::kBudget;
  std::vector<Mpsc<int>> channels;
  std::deque<decltype(std::declval<Sender<int>&>().reserve())> reserves;
  for (int i = 0; i < kChannels; ++i) {
    channels.push_back(mpsc<int>(1));
    CHECK_FALSE(channels.back().sender.try_send(1));
    reserves.emplace_back(channels.back().sender.reserve());
  }
  WithTask all(poll_fn([&](Context& context) -> Poll<void> {
    for (auto& reserve : reserves) CHECK_FALSE(reserve.poll(context).is_ready());
    return pending;
  }));
  CHECK_FALSE(all.poll().is_ready());
  CHECK(all.wakes() == 0);
  CHECK(next(channels.back().receiver) == 1);
  CHECK(all.wakes() == 1);
  reserves.clear();
  CHECK(all.wakers() == 0);
}

TEST_CASE("timeouts that a receive and a send lose lose nothing: they are awaited again") {
  const auto sends = [](Sender<int> sender) -> Async<int> {
    int losses = 0;
    for (int i = 1; i <= 3; ++i) {
      auto send = sender.send(i);
      for (;;) {
        const auto in_time = co_await timeout(milliseconds(20), send);
        if (in_time) break;
        ++losses;
      }
    }
    co_await sleep(milliseconds(70));
    co_await sender.send(4);
    co_return losses;
  };
  const auto receives = [](Receiver<int> receiver, Async<int> sending) -> Async<std::string> {
    auto handle = spawn(std::move(sending));
    co_await sleep(milliseconds(50));
    std::string seen;
    for (;;) {
      // Destroyed each time.
      const auto in_time = co_await timeout(milliseconds(30), receiver.receive());
      if (!in_time) {
        seen += '-';
        continue;
      }
      if (!*in_time) break;
      seen += std::to_string(**in_time);
    }
    const int losses = co_await handle;
    co_return seen + " " + std::to_string(losses);
  };
  Options options;
  options.virtual_clock = true;
  auto channel = mpsc<int>(1);
  auto sending = sends(std::move(channel.sender));
  CHECK(block_on(receives(std::move(channel.receiver), std::move(sending)), options) == "123--4 2");
}

TEST_CASE("a receive that has lost a timeout and is awaited again gets the value") {
  const auto main = [](Mpsc<int> channel) -> Async<int> {
    auto receive = channel.receiver.receive();
    const auto too_early = co_await timeout(milliseconds(1), receive);
    static_cast<void>(channel.sender.try_send(too_early ? 0 : 7));
    const auto value = co_await receive;
    co_return value.value_or(0);
  };
  Options options;
  options.virtual_clock = true;
  CHECK(block_on(main(mpsc<int>(1)), options) == 7);
}

TEST_CASE("wake during run: what is sent, or received, before a poll has returned is not missed") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  auto channel = mpsc<int>(1);
  auto receives = [&](Context& context) -> Poll<std::optional<int>> {
    auto result = channel.receiver.poll_receive(context);
    if (!result.is_ready()) {
      std::thread([&] { CHECK_FALSE(channel.sender.try_send(7)); }).join();
    }
    return result;
  };
  auto receiving = scheduler->spawn(poll_fn(std::move(receives)));
  CHECK(scheduler->run_all() == 2);
  CHECK(poll_once(receiving).take() == 7);
  CHECK_FALSE(channel.sender.try_send(1));
  auto sends = [&, send = channel.sender.send(2)](Context& context) mutable {
    auto result = send.poll(context);
    if (!result.is_ready()) std::thread([&] { CHECK(next(channel.receiver) == 1); }).join();
    return result;
  };
  auto sending = scheduler->spawn(poll_fn(std::move(sends)));
  CHECK(scheduler->run_all() == 2);
  CHECK(sent(poll_once(sending)));
  CHECK(next(channel.receiver) == 2);
}

// --- With threads ---

/// Calls the two at the same time, so many times, with `before` before and `after` after each.
void race(int rounds, const std::function<void()>& before, const std::function<void()>& one,
          const std::function<void()>& other, const std::function<void()>& after) {
  Rounds round(rounds, [&](int) { other(); });
  for (int i = 0; i < rounds; ++i) {
    before();
    round.begin();
    one();
    round.end();
    after();
  }
}

TEST_CASE("receive while the first in line leaves, on two threads: the next one has the room") {
  std::optional<Mpsc<int>> channel;
  std::deque<Sending> waiting;
  int served = 0;
  race(
      2000,
      [&] {
        waiting.clear();
        channel.emplace(mpsc<int>(1));
        static_cast<void>(channel->sender.try_send(1));
        waiting = in_line(channel->sender, 2, 2);
      },
      [&] { static_cast<void>(next(channel->receiver)); }, [&] { waiting[0].destroy(); },
      [&] {
        served += waiting[1].wakes();
        CHECK(waiting[0].wakers() == 0);
      });
  CHECK(served == 2000);
}

TEST_CASE("send while the receiver waits, on two threads: it is woken, or finds the value") {
  auto channel = mpsc<int>(1);
  using Receiving = WithTask<decltype(channel.receiver.receive())>;
  std::optional<Receiving> receive;
  Poll<std::optional<int>> result = pending;
  int received = 0;
  race(
      2000, [&] { receive.emplace(channel.receiver.receive()); }, [&] { result = receive->poll(); },
      [&] { static_cast<void>(channel.sender.try_send(7)); },
      [&] {
        if (!result.is_ready() && receive->wakes() == 1) result = receive->poll();
        received += result.is_ready() ? 1 : 0;
        receive.reset();
        while (next(channel.receiver) > 0) {
        }
      });
  CHECK(received == 2000);
}

TEST_CASE("the last sender goes while the receiver waits, on two threads: it sees the end") {
  std::optional<Mpsc<int>> channel;
  std::optional<Sender<int>> sender;
  using Receiving = WithTask<decltype(channel->receiver.receive())>;
  std::optional<Receiving> receive;
  Poll<std::optional<int>> result = pending;
  int ends = 0;
  race(
      2000,
      [&] {
        receive.reset();
        channel.emplace(mpsc<int>(1));
        sender.emplace(std::move(channel->sender));
        receive.emplace(channel->receiver.receive());
      },
      [&] { result = receive->poll(); }, [&] { sender.reset(); },
      [&] {
        if (!result.is_ready() && receive->wakes() == 1) result = receive->poll();
        ends += result.is_ready() ? 1 : 0;
      });
  CHECK(ends == 2000);
}

TEST_CASE("the receiver goes while a promised send is polled, on two threads: no value is lost") {
  Lives lives;
  std::optional<Mpsc<Value>> channel;
  std::optional<Receiver<Value>> receiver;
  using Send = decltype(channel->sender.send(std::declval<Value>()));
  std::optional<WithTask<Send>> send;
  int done_with = 0;
  race(
      2000,
      [&] {
        send.reset();
        channel.emplace(mpsc<Value>(1));
        receiver.emplace(std::move(channel->receiver));
        static_cast<void>(channel->sender.try_send(Value(lives, 1)));
        send.emplace(channel->sender.send(Value(lives, 2)));
        static_cast<void>(send->poll());
        static_cast<void>(next(*receiver));
      },
      [&] { done_with += send->poll().is_ready() ? 1 : 0; }, [&] { receiver.reset(); }, [&] {});
  send.reset();
  CHECK(done_with == 2000);
  CHECK(lives.made == 4000);
  CHECK(lives.ended == 4000);
}

TEST_CASE("close while those who wait leave or are polled, on two threads") {
  std::optional<Mpsc<int>> channel;
  std::deque<Sending> waiting;
  int wakers = 0;
  int woken = 0;
  race(
      500,
      [&] {
        waiting.clear();
        channel.emplace(mpsc<int>(1));
        static_cast<void>(channel->sender.try_send(1));
        waiting = in_line(channel->sender, 0, kMany);
      },
      [&] { channel->receiver.close(); },
      [&] {
        for (std::size_t i = kMany; i > 0; i -= 2) waiting[i - 1].destroy();
        for (std::size_t i = kMany; i > 0; i -= 4) {
          if (waiting[i - 2].poll().is_ready()) waiting[i - 2].destroy();
        }
      },
      [&] {
        for (std::size_t i = 0; i < kMany; i += 4) woken += waiting[i].wakes();
        for (const Sending& each : waiting) wakers += each.wakers();
      });
  CHECK(woken == 500 * kMany / 4);
  CHECK(wakers == 0);
}

Async<> sends_until_closed(Sender<Value> sender, Lives& lives) {
  for (int i = 0;; ++i) {
    const auto back = co_await sender.send(Value(lives, i));
    if (back) co_return;
  }
}

Async<> receives_some(Receiver<Value> receiver, int count, bool closes) {
  for (int i = 0; i < count; ++i) co_await receiver.receive();
  if (!closes) co_return;
  receiver.close();
  for (;;) {
    const auto value = co_await receiver.receive();
    if (!value) co_return;
  }
}

Async<> ends_early(Lives& lives, int count, bool closes) {
  auto channel = mpsc<Value>(3);
  std::vector<JoinHandle<void>> handles;
  for (int i = 0; i < 8; ++i) handles.push_back(spawn(sends_until_closed(channel.sender, lives)));
  handles[0].abort();
  co_await receives_some(std::move(channel.receiver), count, closes);
  handles[1].abort();
  for (std::size_t i = 2; i < 8; ++i) co_await handles[i];
}

TEST_CASE("the receiver ends while many send: all of them end, and every value does, once") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Lives lives;
    for (int i = 0; i < 100; ++i) block_on(ends_early(lives, i, i % 2 == 0), options);
    CHECK(lives.made > 0);
    CHECK(lives.alive() == 0);
  }
}

}  // namespace
}  // namespace runtime
