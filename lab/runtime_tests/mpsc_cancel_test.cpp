// Is nothing lost and nobody left behind, wherever a send, a reserve or a receive is destroyed?

#include <doctest/doctest.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "mpsc_support.hpp"

namespace runtime {
namespace {

// --- Destroyed while they wait ---

/// A future of each kind that waits for room.
template <class Test>
void for_send_and_reserve(Test test) {
  auto channel = mpsc<Value>(1);
  Lives lives;
  CHECK_FALSE(channel.sender.try_send(Value(lives, 1)));
  SUBCASE("send") {
    test(channel, WithTask(channel.sender.send(Value(lives, 2))));
  }
  SUBCASE("reserve") {
    test(channel, WithTask(channel.sender.reserve()));
  }
  CHECK(lives.alive() == 0);
}

TEST_CASE("a send or reserve destroyed before its first poll has done nothing") {
  for_send_and_reserve([](Mpsc<Value>& channel, auto waiting) {
    waiting.destroy();
    CHECK(next(channel.receiver) == 1);
    CHECK(next(channel.receiver) == 0);
  });
}

TEST_CASE("a send or reserve destroyed while it waits is in no line, and nobody has its waker") {
  for_send_and_reserve([](Mpsc<Value>& channel, auto waiting) {
    WithTask before(channel.sender.reserve());
    CHECK_FALSE(before.poll().is_ready());
    CHECK_FALSE(waiting.poll().is_ready());
    WithTask after(channel.sender.reserve());
    CHECK_FALSE(after.poll().is_ready());
    waiting.destroy();
    CHECK(waiting.wakers() == 0);
    CHECK(after.wakes() == 0);
    CHECK(next(channel.receiver) == 1);
    CHECK(before.wakes() == 1);
    before.destroy();
    CHECK(after.wakes() == 1);
    CHECK(waiting.wakes() == 0);
    CHECK(next(channel.receiver) == 0);
  });
}

TEST_CASE("a send or reserve destroyed when it was promised room: the next one gets that") {
  for_send_and_reserve([](Mpsc<Value>& channel, auto waiting) {
    CHECK_FALSE(waiting.poll().is_ready());
    WithTask after(channel.sender.reserve());
    CHECK_FALSE(after.poll().is_ready());
    CHECK(next(channel.receiver) == 1);
    CHECK(waiting.wakes() == 1);
    CHECK(after.wakes() == 0);
    waiting.destroy();
    CHECK(after.wakes() == 1);
    CHECK(after.poll().take());
  });
}

TEST_CASE("a send or reserve destroyed when it was promised room, and nobody waits: it is free") {
  for_send_and_reserve([](Mpsc<Value>& channel, auto waiting) {
    CHECK_FALSE(waiting.poll().is_ready());
    CHECK(next(channel.receiver) == 1);
    waiting.destroy();
    CHECK(result_of(channel.sender.reserve()));
  });
}

TEST_CASE("a send or reserve destroyed after close, promised or not: the receiver sees the end") {
  for_send_and_reserve([](Mpsc<Value>& channel, auto waiting) {
    CHECK_FALSE(waiting.poll().is_ready());
    WithTask unpromised(channel.sender.reserve());
    CHECK_FALSE(unpromised.poll().is_ready());
    CHECK(next(channel.receiver) == 1);
    channel.receiver.close();
    WithTask receive(channel.receiver.receive());
    CHECK_FALSE(receive.poll().is_ready());
    unpromised.destroy();
    CHECK(receive.wakes() == 0);
    waiting.destroy();
    CHECK(receive.wakes() == 1);
    CHECK_FALSE(receive.poll().take());
  });
}

TEST_CASE("a receive destroyed while it waits, or when it was woken, loses nothing") {
  for (const bool woken : {false, true}) {
    CAPTURE(woken);
    Lives lives;
    auto channel = mpsc<Value>(1);
    WithTask receive(channel.receiver.receive());
    CHECK_FALSE(receive.poll().is_ready());
    if (woken) CHECK_FALSE(channel.sender.try_send(Value(lives, 1)));
    receive.destroy();
    CHECK(receive.wakers() == 0);
    if (!woken) CHECK_FALSE(channel.sender.try_send(Value(lives, 1)));
    CHECK(receive.wakes() == (woken ? 1 : 0));
    CHECK(next(channel.receiver) == 1);
    CHECK(lives.made == 1);
    CHECK(lives.ended == 1);
  }
}

Async<> produces(Sender<Value> sender, Lives& lives, Counted, bool reserves) {
  for (int i = 1;; ++i) {
    if (reserves) {
      auto permit = co_await sender.reserve();
      if (!permit) co_return;
      static_cast<void>(permit->send(Value(lives, i)));
    } else {
      const auto back = co_await sender.send(Value(lives, i));
      if (back) co_return;
    }
  }
}

Async<> consumes(Receiver<Value> receiver, Counted, int& last) {
  for (;;) {
    const auto value = co_await receiver.receive();
    if (!value) co_return;
    CHECK(value->number == last + 1);
    last = value->number;
  }
}

TEST_CASE("a task aborted while it sends, promised or not, destroys each value once") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  for (const bool reserves : {false, true}) {
    for (const bool promised : {false, true}) {
      CAPTURE(reserves);
      CAPTURE(promised);
      Lives values;
      Lives frames;
      auto channel = mpsc<Value>(2);
      auto producer =
          scheduler->spawn(produces(std::move(channel.sender), values, Counted(frames), reserves));
      scheduler->run_all();
      if (promised) CHECK(next(channel.receiver) == 1);
      producer.abort();
      scheduler->run_all();
      CHECK(frames.alive() == 0);
      if (!promised) CHECK(next(channel.receiver) == 1);
      CHECK(next(channel.receiver) == 2);
      CHECK(next(channel.receiver) == -1);
      CHECK(values.alive() == 0);
    }
  }
}

TEST_CASE("a task aborted while it receives, woken or not: the sender gets its value back") {
  const auto scheduler = Ref<ByHand>::adopt(new ByHand);
  for (const bool woken : {false, true}) {
    CAPTURE(woken);
    Lives values;
    Lives frames;
    int last = 0;
    auto channel = mpsc<Value>(1);
    auto consumer = scheduler->spawn(consumes(std::move(channel.receiver), Counted(frames), last));
    scheduler->run_all();
    if (woken) CHECK_FALSE(channel.sender.try_send(Value(values, 1)));
    consumer.abort();
    scheduler->run_all();
    CHECK(frames.alive() == 0);
    CHECK(values.alive() == 0);
    CHECK(result_of(channel.sender.send(Value(values, 2)))->number == 2);
    CHECK(values.alive() == 0);
    CHECK(last == 0);
  }
}

// --- Called back, and thrown at ---

TEST_CASE("who is woken, and a value's destructor, find the mutex free") {
  using Called = std::unique_ptr<AtEnd>;
  auto channel = mpsc<Called>(1);
  int calls = 0;
  const auto call = [&] { calls += channel.sender.is_closed() ? 100 : 1; };
  CallingWaker calls_back(call);
  auto receive = std::make_optional(channel.receiver.receive());
  CHECK_FALSE(poll_for(calls_back, *receive).is_ready());
  CHECK_FALSE(channel.sender.try_send(nullptr));
  CHECK(calls == 1);
  receive.reset();
  CHECK_FALSE(channel.sender.try_send(nullptr));  // the first one is in the receiver's hands
  CHECK(result_of(channel.receiver.receive()));
  auto send = channel.sender.send(std::make_unique<AtEnd>(call));
  CHECK_FALSE(poll_for(calls_back, send).is_ready());
  CHECK(result_of(channel.receiver.receive()));
  CHECK(calls == 2);
  CHECK(sent(poll_once(send)));
  auto never = channel.sender.send(nullptr);
  CHECK_FALSE(poll_for(calls_back, never).is_ready());
  { const Receiver<Called> dropped = std::move(channel.receiver); }
  CHECK(calls == 202);  // for the send that waited, and for the value in flight
}

TEST_CASE("sends polled and destroyed while close wakes others are in no line") {
  auto channel = mpsc<int>(1);
  CHECK_FALSE(channel.sender.try_send(1));
  auto first = in_line(channel.sender, 2, 1);
  std::deque<Sending> others;
  int back = 0;
  CallingWaker calls_back([&] {
    for (std::size_t i = 20; i < kMany; ++i) {
      if (i % 3 == 0) others[i].destroy();
      if (i % 3 == 1 && others[i].poll().take() == static_cast<int>(i)) ++back;
      if (i % 6 == 1) others[i].destroy();
    }
    CHECK(result_of(channel.sender.send(9)) == 9);
  });
  CHECK_FALSE(first[0].poll_for_other(calls_back).is_ready());
  others = in_line(channel.sender, 0, kMany);
  channel.receiver.close();
  CHECK(back == 6);
  for (std::size_t i = 0; i < kMany; ++i) {
    CAPTURE(i);
    const bool gone = i >= 20 && (i % 3 == 0 || i % 6 == 1);
    const bool polled = i >= 20 && i % 3 == 1;
    if (gone) CHECK(others[i].wakers() == 0);
    CHECK(others[i].wakes() == (gone || polled ? 0 : 1));
    if (!gone && !polled) CHECK(others[i].poll().take() == static_cast<int>(i));
  }
  CHECK(next(channel.receiver) == 1);
  CHECK(next(channel.receiver) == -1);
}

/// Throws when it is moved for the time after the next `moves`.
struct Throwing {
  explicit Throwing(int& moves_left) : moves(&moves_left) {}
  Throwing(Throwing&& other) : moves(other.moves) {
    if ((*moves)-- == 0) throw std::runtime_error("move");
  }
  int* moves;
};

TEST_CASE("a send, a permit or a receive whose value throws while it moves leaves all as it was") {
  auto channel = mpsc<Throwing>(1);
  int moves = 1000;
  const auto fails = [&](int after, auto attempt) {
    moves = after;
    CHECK(thrown_by(attempt) == "move");
    moves = 1000;
  };
  fails(0, [&] { static_cast<void>(channel.sender.send(Throwing(moves))); });
  Throwing value(moves);
  fails(1, [&] { static_cast<void>(channel.sender.try_send(std::move(value))); });
  fails(2, [&] { static_cast<void>(channel.sender.try_send(std::move(value))); });
  auto permit = result_of(channel.sender.reserve());
  REQUIRE(permit);
  fails(1, [&] { static_cast<void>(permit->send(std::move(value))); });
  CHECK_FALSE(permit->send(std::move(value)));
  auto receive = channel.receiver.receive();
  fails(0, [&] { static_cast<void>(poll_once(receive)); });
  CHECK(poll_once(receive).take());
  CHECK(result_of(channel.sender.reserve()));
  channel.receiver.close();
  CHECK_FALSE(result_of(channel.receiver.receive()));  // no room is promised any more
}

/// A destructor of its own leaves it no move: each "move" is a copy. It uses its own channel when
/// it is copied, and when it is destroyed.
struct Message {
  Message(const Sender<Message>& answers, Lives& its_lives) : sender(answers), lives(&its_lives) {
    ++lives->made;
  }
  Message(const Message& other) noexcept : sender(other.sender), lives(other.lives) {
    ++lives->made;
    static_cast<void>(sender.is_closed());
  }
  Message& operator=(const Message&) = default;
  ~Message() {
    ++lives->ended;
    static_cast<void>(sender.is_closed());
  }

  Sender<Message> sender;
  Lives* lives;
};

TEST_CASE("a message that is copied, and carries a sender of its own channel, arrives") {
  Lives lives;
  {
    auto channel = mpsc<Message>(2);
    const Message message(channel.sender, lives);
    CHECK_FALSE(result_of(channel.sender.send(message)));
    CHECK_FALSE(channel.sender.try_send(message));
    CHECK(channel.sender.try_send(message));
    {
      WithTask waiting(channel.sender.send(message));
      CHECK_FALSE(waiting.poll().is_ready());
    }
    auto received = result_of(channel.receiver.receive());
    REQUIRE(received);
    auto permit = result_of(received->sender.reserve());
    REQUIRE(permit);
    CHECK_FALSE(permit->send(message));
    CHECK(result_of(channel.receiver.receive()));
    CHECK(result_of(channel.receiver.receive()));
    WithTask receive(channel.receiver.receive());
    CHECK_FALSE(receive.poll().is_ready());
    CHECK_FALSE(channel.sender.try_send(message));
    CHECK(receive.poll().take());
    CHECK_FALSE(channel.sender.try_send(message));
    { const Receiver<Message> gone = std::move(channel.receiver); }
    CHECK(result_of(channel.sender.send(message)));
  }
  CHECK(lives.alive() == 0);
}

}  // namespace
}  // namespace runtime
