// Does a oneshot's value arrive, once, or come back?

#include "runtime/channels/oneshot.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "support.hpp"

namespace runtime {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a value that was sent before the first poll is there") {
  auto [sender, receiver] = oneshot<int>();
  CHECK_FALSE(sender.is_closed());
  CHECK_FALSE(sender.send(7));
  WithTask waiting(std::move(receiver));
  CHECK(waiting.poll().take() == 7);
  CHECK(waiting.wakes() == 0);
  CHECK(waiting.wakers() == 0);
}

TEST_CASE("who waits is woken once, when the value is there") {
  auto [sender, receiver] = oneshot<int>();
  WithTask waiting(std::move(receiver));
  CHECK_FALSE(waiting.poll().is_ready());
  CHECK_FALSE(waiting.poll().is_ready());
  CHECK(waiting.wakers() == 1);
  CHECK_FALSE(sender.send(7));
  CHECK(waiting.wakes() == 1);
  CHECK(waiting.wakers() == 0);
  CHECK(waiting.poll().take() == 7);
}

TEST_CASE("polled for another task, it wakes that one, and lets go of the first") {
  auto [sender, receiver] = oneshot<int>();
  WithTask waiting(std::move(receiver));
  CountingWaker other;
  CHECK_FALSE(waiting.poll().is_ready());
  CHECK_FALSE(waiting.poll_for_other(other).is_ready());
  CHECK(waiting.wakers() == 0);
  CHECK_FALSE(sender.send(7));
  CHECK(waiting.wakes() == 0);
  CHECK(other.wakes() == 1);
}

TEST_CASE("the sender is destroyed, or assigned to: who waits is woken, and gets nothing") {
  for (const bool assigned : {false, true}) {
    CAPTURE(assigned);
    auto ends = oneshot<int>();
    auto others = oneshot<int>();
    std::optional sender(std::move(ends.sender));
    WithTask waiting(std::move(ends.receiver));
    CHECK_FALSE(waiting.poll().is_ready());
    if (assigned) {
      *sender = std::move(others.sender);
    } else {
      sender.reset();
    }
    CHECK(waiting.wakes() == 1);
    CHECK(waiting.poll().take() == std::nullopt);
    CHECK(waiting.wakers() == 0);
  }
}

TEST_CASE("the receiver is gone, or was assigned to: the value comes back") {
  for (const bool assigned : {false, true}) {
    CAPTURE(assigned);
    Lives lives;
    auto ends = oneshot<Counted>();
    auto others = oneshot<Counted>();
    {
      OneshotReceiver<Counted> receiver = std::move(ends.receiver);
      if (assigned) {
        receiver = std::move(others.receiver);
        CHECK(ends.sender.is_closed());
      }
    }
    CHECK(ends.sender.is_closed());
    {
      const auto back = ends.sender.send(Counted(lives));
      REQUIRE(back);
      CHECK(back->lives() == &lives);
    }
    CHECK(lives.ended == 1);
  }
}

TEST_CASE("close: what was sent before is received, and what is sent later comes back") {
  Lives lives;
  for (const bool sent_before : {true, false}) {
    CAPTURE(sent_before);
    auto ends = oneshot<Counted>();
    WithTask waiting(poll_fn([&](Context& context) { return ends.receiver.poll(context); }));
    CHECK_FALSE(waiting.poll().is_ready());
    if (sent_before) CHECK_FALSE(ends.sender.send(Counted(lives)));
    ends.receiver.close();
    CHECK(waiting.wakers() == 0);
    if (!sent_before) CHECK(ends.sender.is_closed());
    if (!sent_before) CHECK(ends.sender.send(Counted(lives)));
    CHECK(waiting.poll().take().has_value() == sent_before);
  }
  CHECK(lives.made == 2);
  CHECK(lives.ended == 2);
}

TEST_CASE("a value that nobody took is destroyed with the receiver, once") {
  for (const bool polled : {false, true}) {
    CAPTURE(polled);
    Lives lives;
    auto ends = oneshot<Counted>();
    WithTask waiting(std::move(ends.receiver));
    if (polled) CHECK_FALSE(waiting.poll().is_ready());
    CHECK_FALSE(ends.sender.send(Counted(lives)));
    CHECK(lives.alive() == 1);
    waiting.destroy();
    CHECK(lives.made == 1);
    CHECK(lives.ended == 1);
  }
}

TEST_CASE("a receiver that is destroyed while it waits takes its waker with it") {
  auto ends = oneshot<int>();
  WithTask waiting(std::move(ends.receiver));
  CHECK_FALSE(waiting.poll().is_ready());
  waiting.destroy();
  CHECK(waiting.wakers() == 0);
  CHECK(ends.sender.send(7) == 7);
  CHECK(waiting.wakes() == 0);
}

TEST_CASE("the woken task and the value's destructor find the mutex free") {
  auto ends = oneshot<std::unique_ptr<AtEnd>>();
  int calls = 0;
  {
    std::optional receiver(std::move(ends.receiver));
    CallingWaker calls_back([&] {
      ++calls;
      receiver->close();
    });
    CHECK_FALSE(poll_for(calls_back, *receiver).is_ready());
    CHECK_FALSE(ends.sender.send(std::make_unique<AtEnd>([&] { ++calls; })));
    CHECK(calls == 1);
  }
  CHECK(calls == 2);
}

TEST_CASE("what can only be moved, and what is large, arrives as it was") {
  auto owners = oneshot<std::unique_ptr<int>>();
  CHECK_FALSE(owners.sender.send(std::make_unique<int>(7)));
  const auto owner = result_of(std::move(owners.receiver));
  REQUIRE(owner);
  CHECK(**owner == 7);
  using Large = std::array<int, 5000>;
  auto large = oneshot<Large>();
  Large numbers = {};
  std::iota(numbers.begin(), numbers.end(), 0);
  CHECK_FALSE(large.sender.send(numbers));
  CHECK(result_of(std::move(large.receiver)) == numbers);
}

/// Throws when it is moved for the time after the next `moves`.
struct ThrowsOnMove {
  explicit ThrowsOnMove(int& moves_left) : moves(&moves_left) {}
  ThrowsOnMove(ThrowsOnMove&& other) : moves(other.moves) {
    if ((*moves)-- == 0) throw std::runtime_error("move");
  }
  ThrowsOnMove& operator=(ThrowsOnMove&&) = default;
  int* moves;
};

TEST_CASE("whichever move of the value throws on its way, who waits for it is woken") {
  int throws = 0;
  for (int moves = 0; moves < 5; ++moves) {
    CAPTURE(moves);
    auto ends = oneshot<ThrowsOnMove>();
    std::optional sender(std::move(ends.sender));
    WithTask waiting(std::move(ends.receiver));
    CHECK_FALSE(waiting.poll().is_ready());
    int left = moves;
    ThrowsOnMove value(left);
    try {
      static_cast<void>(sender->send(std::move(value)));
    } catch (const std::runtime_error&) {
      ++throws;
    }
    sender.reset();
    CHECK(waiting.wakes() == 1);
    CHECK(waiting.wakers() == 0);
  }
  CHECK(throws == 2);
}

TEST_CASE("an end that was used, or moved from, says so, and can be assigned to") {
  const std::string no_state = NoState().what();
  auto ends = oneshot<int>();
  auto sender = std::move(ends.sender);
  auto receiver = std::move(ends.receiver);
  CHECK(thrown_by([&] { static_cast<void>(ends.sender.send(1)); }) == no_state);
  CHECK(thrown_by([&] { static_cast<void>(ends.sender.is_closed()); }) == no_state);
  CHECK(thrown_by([&] { static_cast<void>(poll_once(ends.receiver)); }) == no_state);
  CHECK(thrown_by([&] { static_cast<void>(ends.receiver.blocking_receive()); }) == no_state);
  CHECK(thrown_by([&] { ends.receiver.close(); }) == no_state);
  ends.sender = std::move(sender);
  ends.receiver = std::move(receiver);
  CHECK_FALSE(ends.sender.send(7));
  CHECK(thrown_by([&] { static_cast<void>(ends.sender.send(8)); }) == no_state);
  CHECK(poll_once(ends.receiver).take() == 7);
  CHECK(thrown_by([&] { static_cast<void>(poll_once(ends.receiver)); }) == no_state);
}

/// Has copies only, and uses its own oneshot when it is copied and destroyed.
struct Answer {
  explicit Answer(std::function<void()> function) : call(std::move(function)) {}
  Answer(const Answer& other) : call(other.call) { call(); }
  ~Answer() { call(); }
  std::function<void()> call;
};

TEST_CASE("a value that is copied, and uses its own oneshot then, arrives") {
  auto ends = oneshot<Answer>();
  std::optional sender(std::move(ends.sender));
  int calls = 0;
  const Answer answer([&] {
    ++calls;
    if (calls < 100) ends.receiver.close();
  });
  WithTask waiting(poll_fn([&](Context& context) { return ends.receiver.poll(context); }));
  CHECK_FALSE(waiting.poll().is_ready());
  CHECK(sender->send(answer));
  CHECK(calls > 0);
  calls = 100;
  auto others = oneshot<Answer>();
  CHECK_FALSE(others.sender.send(answer));
  CHECK(result_of(std::move(others.receiver)));
}

// --- With tasks ---

TEST_CASE("a timeout that the receiver loses loses nothing: it is awaited again") {
  const auto sends = [](OneshotSender<int> sender) -> Async<> {
    co_await sleep(milliseconds(30));
    static_cast<void>(sender.send(7));
  };
  const auto main = [](Async<> sending, OneshotReceiver<int> receiver) -> Async<int> {
    auto handle = spawn(std::move(sending));
    int losses = 0;
    for (;;) {
      const auto in_time = co_await timeout(milliseconds(20), receiver);
      if (in_time) co_return losses * 10 + in_time->value_or(0);
      ++losses;
    }
  };
  Options options;
  options.virtual_clock = true;
  auto ends = oneshot<int>();
  CHECK(block_on(main(sends(std::move(ends.sender)), std::move(ends.receiver)), options) == 17);
}

TEST_CASE("wake during run: who is sent to before its poll has returned is polled again") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  auto ends = oneshot<int>();
  auto receives = [&](Context& context) -> Poll<std::optional<int>> {
    auto result = ends.receiver.poll(context);
    if (!result.is_ready()) {
      std::thread([&] { static_cast<void>(ends.sender.send(7)); }).join();
    }
    return result;
  };
  auto handle = scheduler->spawn(poll_fn(std::move(receives)));
  CHECK(scheduler->run_all() == 2);
  CHECK(poll_once(handle).take() == 7);
}

Async<> answers(OneshotReceiver<int> question, OneshotSender<Counted> answer, Lives& lives) {
  const auto asked = co_await question;
  if (asked) static_cast<void>(answer.send(Counted(lives)));
}

Async<int> asks(int times, Lives& lives) {
  int answered = 0;
  for (int i = 0; i < times; ++i) {
    auto question = oneshot<int>();
    auto answer = oneshot<Counted>();
    auto handle = spawn(answers(std::move(question.receiver), std::move(answer.sender), lives));
    if (i % 3 == 0) handle.detach();
    if (i % 3 != 1) static_cast<void>(question.sender.send(i));
    if (i % 3 == 1) handle.abort();
    const auto got = co_await answer.receiver;
    answered += got ? 1 : 0;
  }
  co_return answered;
}

TEST_CASE("tasks ask and answer, and an aborted one answers nothing") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    Lives lives;
    CHECK(block_on(asks(999, lives), options) == 666);
    CHECK(lives.made == 666);
    CHECK(lives.ended == 666);
  }
}

Async<> receives_at_once(int& turns, const bool& other_ran) {
  while (!other_ran && turns < 1000) {
    ++turns;
    auto ends = oneshot<int>();
    static_cast<void>(ends.sender.send(1));
    co_await ends.receiver;
  }
}

TEST_CASE("a task whose oneshots are always there has a budget, and then others have their turn") {
  const auto other = [](bool& ran) -> Async<> {
    ran = true;
    co_return;
  };
  const auto main = [](Async<> busy, Async<> other_task) -> Async<> {
    auto handle = spawn(std::move(other_task));
    co_await std::move(busy);
    co_await handle;
  };
  int turns = 0;
  bool other_ran = false;
  block_on(main(receives_at_once(turns, other_ran), other(other_ran)));
  CHECK(turns == Context::kBudget + 1);
}

// --- With threads ---

TEST_CASE("send while the receiver is polled, on two threads: it is woken, or finds the value") {
  constexpr int kRounds = 2000;
  std::optional<OneshotSender<int>> sender;
  Rounds round(kRounds, [&](int i) {
    if (i % 4 != 0) static_cast<void>(sender->send(i));
    sender.reset();
  });
  int received = 0;
  for (int i = 0; i < kRounds; ++i) {
    auto ends = oneshot<int>();
    sender.emplace(std::move(ends.sender));
    WithTask waiting(std::move(ends.receiver));
    round.begin();
    auto result = waiting.poll();
    round.end();
    if (!result.is_ready()) {
      CHECK(waiting.wakes() == 1);
      result = waiting.poll();
    }
    CHECK(waiting.wakers() == 0);
    received += result.take() == (i % 4 != 0 ? std::optional(i) : std::nullopt) ? 1 : 0;
  }
  CHECK(received == kRounds);
}

TEST_CASE("send while the receiver is destroyed, on two threads: the value ends once") {
  constexpr int kRounds = 2000;
  Lives lives;
  std::optional<OneshotSender<Counted>> sender;
  std::atomic<int> back = 0;
  Rounds round(kRounds, [&](int) { back += sender->send(Counted(lives)) ? 1 : 0; });
  for (int i = 0; i < kRounds; ++i) {
    auto ends = oneshot<Counted>();
    sender.emplace(std::move(ends.sender));
    WithTask waiting(std::move(ends.receiver));
    CHECK_FALSE(waiting.poll().is_ready());
    round.begin();
    waiting.destroy();
    round.end();
    CHECK(waiting.wakers() == 0);
  }
  CHECK(lives.made == kRounds);
  CHECK(lives.ended == kRounds);
  CHECK(back <= kRounds);
}

}  // namespace
}  // namespace runtime
