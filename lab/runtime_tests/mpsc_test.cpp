// Does every value that is sent arrive, once and in order, and does who is too fast wait?

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "mpsc_support.hpp"

namespace runtime {
namespace {

// --- Values and room ---

TEST_CASE("values come in the order in which they were sent") {
  auto channel = mpsc<int>(3);
  for (int i = 1; i <= 3; ++i) CHECK_FALSE(result_of(channel.sender.send(i)));
  for (int i = 1; i <= 3; ++i) CHECK(next(channel.receiver) == i);
  CHECK(next(channel.receiver) == 0);
}

TEST_CASE("a channel has room for one value at least") {
  CHECK(thrown_by([] { mpsc<int>(0); }) == "a channel needs room for one value at least");
}

TEST_CASE("a sender waits while the channel is full, and is woken when there is room") {
  auto channel = mpsc<int>(2);
  CHECK_FALSE(result_of(channel.sender.send(1)));
  CHECK_FALSE(channel.sender.try_send(2));
  CHECK(channel.sender.try_send(9) == 9);
  WithTask send(channel.sender.send(3));
  CHECK_FALSE(send.poll().is_ready());
  CHECK_FALSE(send.poll().is_ready());
  CHECK(send.wakers() == 1);
  CHECK(send.wakes() == 0);
  CHECK(next(channel.receiver) == 1);
  CHECK(send.wakes() == 1);
  CHECK(send.wakers() == 0);
  CHECK(sent(send.poll()));
  CHECK(next(channel.receiver) == 2);
  CHECK(next(channel.receiver) == 3);
  CHECK(next(channel.receiver) == 0);
}

TEST_CASE("what is promised takes room: there are never more values than room") {
  auto channel = mpsc<int>(3);
  auto permit = result_of(channel.sender.reserve());
  REQUIRE(permit);
  CHECK_FALSE(channel.sender.try_send(1));
  CHECK_FALSE(channel.sender.try_send(2));
  CHECK(channel.sender.try_send(9) == 9);
  auto waiting = in_line(channel.sender, 3, 1);
  CHECK(next(channel.receiver) == 1);
  CHECK(channel.sender.try_send(9) == 9);  // it is promised to who waits
  CHECK(sent(waiting[0].poll()));
  CHECK(channel.sender.try_send(9) == 9);
  CHECK_FALSE(permit->send(4));
  CHECK(channel.sender.try_send(9) == 9);
  for (const int number : {2, 3, 4, 0}) CHECK(next(channel.receiver) == number);
  for (int i = 1; i <= 3; ++i) CHECK_FALSE(channel.sender.try_send(i));
  CHECK(channel.sender.try_send(9) == 9);
}

TEST_CASE("the receiver is woken by a send, a try_send and a permit, once each") {
  auto channel = mpsc<int>(1);
  auto permit = result_of(channel.sender.reserve());
  REQUIRE(permit);
  for (const int how : {0, 1, 2}) {
    CAPTURE(how);
    WithTask receive(channel.receiver.receive());
    CHECK_FALSE(receive.poll().is_ready());
    CHECK_FALSE(receive.poll().is_ready());
    CHECK(receive.wakers() == 1);
    if (how == 0) CHECK_FALSE(permit->send(7));
    if (how == 1) CHECK_FALSE(channel.sender.try_send(7));
    if (how == 2) CHECK_FALSE(result_of(channel.sender.send(7)));
    CHECK(receive.wakes() == 1);
    CHECK(receive.wakers() == 0);
    CHECK(receive.poll().take() == 7);
  }
}

TEST_CASE("polled for another task, a send or a receive wakes that one, and lets go of the first") {
  auto channel = mpsc<int>(1);
  CountingWaker other;
  {
    WithTask receive(channel.receiver.receive());
    CHECK_FALSE(receive.poll().is_ready());
    CHECK_FALSE(receive.poll_for_other(other).is_ready());
    CHECK(receive.wakers() == 0);
    CHECK_FALSE(channel.sender.try_send(0));
    CHECK(receive.wakes() == 0);
    CHECK(other.wakes() == 1);
    CHECK(receive.poll().take() == 0);
  }
  CHECK_FALSE(channel.sender.try_send(1));
  auto waiting = in_line(channel.sender, 2, 1);
  CHECK_FALSE(waiting[0].poll_for_other(other).is_ready());
  CHECK(waiting[0].wakers() == 0);
  CHECK(next(channel.receiver) == 1);
  CHECK(waiting[0].wakes() == 0);
  CHECK(other.wakes() == 2);
  CHECK(sent(waiting[0].poll()));
}

TEST_CASE("what can only be moved, and what is large, arrives as it was") {
  auto owners = mpsc<std::unique_ptr<int>>(1);
  CHECK_FALSE(result_of(owners.sender.send(std::make_unique<int>(7))));
  auto back = owners.sender.try_send(std::make_unique<int>(8));
  REQUIRE(back);
  CHECK(**back == 8);
  const auto owner = result_of(owners.receiver.receive());
  REQUIRE(owner);
  CHECK(**owner == 7);
  using Large = std::array<int, 5000>;
  auto large = mpsc<Large>(2);
  Large numbers = {};
  std::iota(numbers.begin(), numbers.end(), 0);
  CHECK_FALSE(result_of(large.sender.send(numbers)));
  ++numbers[4999];
  CHECK_FALSE(large.sender.try_send(numbers));
  --numbers[4999];
  CHECK(result_of(large.receiver.receive()) == numbers);
  ++numbers[4999];
  CHECK(result_of(large.receiver.receive()) == numbers);
}

// --- Who is first ---

TEST_CASE("who waits is served in the order of the first polls") {
  auto channel = mpsc<int>(1);
  CHECK_FALSE(channel.sender.try_send(1));
  Sender<int> other = channel.sender;
  Sending fourth(other.send(4));
  auto second = in_line(channel.sender, 2, 1);
  auto third = in_line(other, 3, 1);
  CHECK_FALSE(fourth.poll().is_ready());
  for (Sending* each : {&second[0], &third[0], &fourth}) {
    CHECK_FALSE(each->poll().is_ready());  // that does not send it to the end of the line
  }
  int number = 1;
  for (Sending* each : {&second[0], &third[0], &fourth}) {
    CHECK(next(channel.receiver) == number++);
    CHECK(each->wakes() == 1);
    CHECK(third[0].wakes() + fourth.wakes() == number - 2);
    CHECK(sent(each->poll()));
  }
  CHECK(next(channel.receiver) == 4);
}

TEST_CASE("who comes later never overtakes: not when there is room, and not before the poll") {
  auto channel = mpsc<int>(1);
  CHECK_FALSE(channel.sender.try_send(1));
  WithTask first(channel.sender.reserve());
  CHECK_FALSE(first.poll().is_ready());
  CHECK(next(channel.receiver) == 1);  // the room is the first one's, which was not polled yet
  CHECK(channel.sender.try_send(9) == 9);
  auto send = in_line(channel.sender, 2, 1);
  WithTask reserve(channel.sender.reserve());
  CHECK_FALSE(reserve.poll().is_ready());
  auto permit = first.poll().take();
  REQUIRE(permit);
  CHECK_FALSE(send[0].poll().is_ready());
  permit.reset();
  CHECK(send[0].wakes() == 1);
  CHECK(reserve.wakes() == 0);
}

// --- The ends' ends ---

TEST_CASE("the senders are gone: what is in flight is received, and then nothing") {
  auto channel = mpsc<int>(2);
  std::optional first(std::move(channel.sender));
  std::optional second(*first);
  CHECK_FALSE(first->try_send(1));
  CHECK_FALSE(second->try_send(2));
  first.reset();
  CHECK_FALSE(second->is_closed());
  second.reset();
  for (const int number : {1, 2, -1, -1}) CHECK(next(channel.receiver) == number);
}

TEST_CASE("the last sender wakes who receives, and no other one does") {
  auto channel = mpsc<int>(1);
  std::optional first(std::move(channel.sender));
  std::optional second(*first);
  WithTask receive(channel.receiver.receive());
  CHECK_FALSE(receive.poll().is_ready());
  Sender<int> moved = std::move(*second);
  second.reset();
  first.reset();
  CHECK(receive.wakes() == 0);
  auto others = mpsc<int>(1);
  moved = others.sender;
  CHECK(receive.wakes() == 1);
  CHECK(receive.wakers() == 0);
  CHECK(receive.poll().take() == std::nullopt);
}

TEST_CASE("the receiver is gone: those who wait, and those who come, get their values back") {
  for (const bool assigned : {false, true}) {
    CAPTURE(assigned);
    Lives lives;
    auto channel = mpsc<Value>(1);
    auto others = mpsc<Value>(1);
    CHECK_FALSE(channel.sender.try_send(Value(lives, 1)));
    WithTask send(channel.sender.send(Value(lives, 2)));
    WithTask reserve(channel.sender.reserve());
    CHECK_FALSE(send.poll().is_ready());
    CHECK_FALSE(reserve.poll().is_ready());
    {
      std::optional receiver(std::move(channel.receiver));
      if (assigned) {
        *receiver = std::move(others.receiver);
      } else {
        receiver.reset();
      }
      CHECK(lives.ended == 1);  // the one in flight
    }
    CHECK(send.wakes() + reserve.wakes() == 2);
    CHECK(send.wakers() + reserve.wakers() == 0);
    CHECK(channel.sender.is_closed());
    CHECK(send.poll().take()->number == 2);
    CHECK_FALSE(reserve.poll().take());
    CHECK(channel.sender.try_send(Value(lives, 3))->number == 3);
    CHECK(result_of(channel.sender.send(Value(lives, 4)))->number == 4);
    CHECK_FALSE(result_of(channel.sender.reserve()));
    send.destroy();
    CHECK(lives.made == 4);
    CHECK(lives.ended == 4);
  }
}

TEST_CASE("the receiver is gone when room was promised: the value comes back") {
  auto channel = mpsc<int>(2);
  auto permit = result_of(channel.sender.reserve());
  REQUIRE(permit);
  CHECK_FALSE(channel.sender.try_send(1));
  auto waiting = in_line(channel.sender, 2, 1);
  CHECK(next(channel.receiver) == 1);
  { const Receiver<int> dropped = std::move(channel.receiver); }
  CHECK(waiting[0].poll().take() == 2);
  CHECK(permit->send(3) == 3);
}

TEST_CASE("close: what is there and what is promised is received, and then nothing") {
  auto channel = mpsc<int>(4);
  auto used = result_of(channel.sender.reserve());
  auto dropped = result_of(channel.sender.reserve());
  REQUIRE(used);
  REQUIRE(dropped);
  CHECK_FALSE(channel.sender.try_send(1));
  CHECK_FALSE(channel.sender.try_send(2));
  auto waiting = in_line(channel.sender, 3, 2);
  CHECK(next(channel.receiver) == 1);  // room is promised to 3
  channel.receiver.close();
  channel.receiver.close();
  CHECK(channel.sender.is_closed());
  CHECK(waiting[1].wakes() == 1);
  CHECK(waiting[1].wakers() == 0);
  CHECK(waiting[1].poll().take() == 4);
  CHECK(channel.sender.try_send(9) == 9);
  CHECK(result_of(channel.sender.send(9)) == 9);
  CHECK(next(channel.receiver) == 2);
  CHECK(channel.sender.try_send(9) == 9);  // although there is room
  CHECK(next(channel.receiver) == 0);
  CHECK(sent(waiting[0].poll()));
  CHECK(next(channel.receiver) == 3);
  CHECK(next(channel.receiver) == 0);
  CHECK_FALSE(used->send(5));
  CHECK(next(channel.receiver) == 5);
  WithTask receive(channel.receiver.receive());
  CHECK_FALSE(receive.poll().is_ready());
  dropped.reset();
  CHECK(receive.wakes() == 1);
  CHECK(receive.poll().take() == std::nullopt);
}

TEST_CASE("close wakes who receives") {
  auto channel = mpsc<int>(1);
  WithTask receive(channel.receiver.receive());
  CHECK_FALSE(receive.poll().is_ready());
  channel.receiver.close();
  CHECK(receive.wakes() == 1);
  CHECK(receive.wakers() == 0);
  CHECK(receive.poll().take() == std::nullopt);
}

TEST_CASE("a receiver that is destroyed after a poll by hand takes its waker with it") {
  auto channel = mpsc<int>(1);
  auto permit = result_of(channel.sender.reserve());
  CountingWaker task;
  {
    Receiver<int> receiver = std::move(channel.receiver);
    Context context(task);
    CHECK_FALSE(receiver.poll_receive(context).is_ready());
    CHECK(task.wakers() == 1);
  }
  CHECK(task.wakers() == 0);
}

// --- Permits ---

TEST_CASE("a permit that is destroyed, or assigned to, gives its room to the next one") {
  auto channel = mpsc<int>(2);
  auto first = result_of(channel.sender.reserve());
  auto second = result_of(channel.sender.reserve());
  REQUIRE(first);
  REQUIRE(second);
  auto waiting = in_line(channel.sender, 1, 2);
  first.reset();
  CHECK(waiting[0].wakes() == 1);
  CHECK(waiting[1].wakes() == 0);
  CHECK(sent(waiting[0].poll()));
  auto other = mpsc<int>(1);
  auto permit = result_of(other.sender.reserve());
  *second = std::move(*permit);
  CHECK(waiting[1].wakes() == 1);
  CHECK(sent(waiting[1].poll()));
  CHECK(channel.sender.try_send(9) == 9);
  CHECK_FALSE(second->send(7));
  CHECK(next(other.receiver) == 7);
}

TEST_CASE("a permit that was used gives back nothing") {
  auto channel = mpsc<int>(1);
  auto permit = result_of(channel.sender.reserve());
  REQUIRE(permit);
  CHECK_FALSE(permit->send(1));
  permit.reset();
  CHECK(channel.sender.try_send(9) == 9);
}

TEST_CASE("a permit that outlives the sender, the receiver or both keeps what it needs") {
  Lives lives;
  for (const bool receiver_goes : {false, true}) {
    CAPTURE(receiver_goes);
    std::optional channel(mpsc<Value>(1));
    auto permit = result_of(channel->sender.reserve());
    REQUIRE(permit);
    { const auto gone = std::move(channel->sender); }
    if (receiver_goes) {
      channel.reset();
      CHECK(permit->send(Value(lives, 7))->number == 7);
    } else {
      CHECK(next(channel->receiver) == 0);  // it may come yet
      CHECK_FALSE(permit->send(Value(lives, 7)));
      CHECK(next(channel->receiver) == 7);
      CHECK(next(channel->receiver) == -1);
    }
  }
  CHECK(lives.alive() == 0);
}

// --- In the receiver's hands ---

TEST_CASE("a value for a receiver that waits takes no room: it is in its hands") {
  auto channel = mpsc<int>(1);
  WithTask receive(channel.receiver.receive());
  CHECK_FALSE(receive.poll().is_ready());
  CHECK_FALSE(channel.sender.try_send(1));
  CHECK_FALSE(channel.sender.try_send(2));
  CHECK(channel.sender.try_send(9) == 9);
  auto waiting = in_line(channel.sender, 3, 1);
  CHECK(receive.poll().take() == 1);
  CHECK(waiting[0].wakes() == 0);
  CHECK(next(channel.receiver) == 2);
  CHECK(sent(waiting[0].poll()));
  CHECK(next(channel.receiver) == 3);
}

TEST_CASE("a value in the hands of a receiver that goes, or stops waiting, ends once") {
  for (const bool receiver_goes : {false, true}) {
    CAPTURE(receiver_goes);
    Lives lives;
    auto channel = mpsc<Value>(1);
    WithTask receive(channel.receiver.receive());
    CHECK_FALSE(receive.poll().is_ready());
    CHECK_FALSE(channel.sender.try_send(Value(lives, 1)));
    receive.destroy();
    if (receiver_goes) {
      { const auto gone = std::move(channel.receiver); }
    } else {
      { const auto gone = std::move(channel.sender); }
      CHECK(next(channel.receiver) == 1);
      CHECK(next(channel.receiver) == -1);
    }
    CHECK(lives.made == 1);
    CHECK(lives.ended == 1);
  }
}

TEST_CASE("a value that comes while the receiver, and others for room, wait: room is free later") {
  auto channel = mpsc<int>(1);
  auto permit = result_of(channel.sender.reserve());
  REQUIRE(permit);
  auto waiting = in_line(channel.sender, 2, 1);
  WithTask receive(channel.receiver.receive());
  CHECK_FALSE(receive.poll().is_ready());
  CHECK_FALSE(permit->send(1));
  CHECK(receive.wakes() == 1);
  CHECK(waiting[0].wakes() == 0);
  CHECK(receive.poll().take() == 1);
  CHECK(waiting[0].wakes() == 1);
  CHECK(sent(waiting[0].poll()));
  CHECK(next(channel.receiver) == 2);
}

TEST_CASE("the last sender goes while a permit is out: the receiver waits for what that brings") {
  for (const bool sends : {false, true}) {
    CAPTURE(sends);
    auto channel = mpsc<int>(1);
    auto permit = result_of(channel.sender.reserve());
    REQUIRE(permit);
    WithTask receive(channel.receiver.receive());
    CHECK_FALSE(receive.poll().is_ready());
    { const auto gone = std::move(channel.sender); }
    CHECK(receive.wakes() == 0);
    if (sends) CHECK_FALSE(permit->send(7));
    permit.reset();
    CHECK(receive.wakes() == 1);
    CHECK(receive.poll().take() == (sends ? std::optional(7) : std::nullopt));
    CHECK(next(channel.receiver) == -1);
  }
}

// --- What is over ---

TEST_CASE("an end or a permit that was moved from says so, and can be assigned to") {
  auto channel = mpsc<int>(2);
  auto permit = result_of(channel.sender.reserve());
  REQUIRE(permit);
  Permit<int> permit_elsewhere = std::move(*permit);
  Sender<int> sender = std::move(channel.sender);
  Receiver<int> receiver = std::move(channel.receiver);
  CHECK(thrown_by([&] { static_cast<void>(permit->send(1)); }) == NoState().what());
  CHECK(thrown_by([&] { static_cast<void>(channel.sender.send(1)); }) == NoState().what());
  CHECK(thrown_by([&] { static_cast<void>(channel.sender.reserve()); }) == NoState().what());
  CHECK(thrown_by([&] { static_cast<void>(channel.sender.try_send(1)); }) == NoState().what());
  CHECK(thrown_by([&] { static_cast<void>(channel.sender.blocking_send(1)); }) == NoState().what());
  CHECK(thrown_by([&] { static_cast<void>(channel.sender.is_closed()); }) == NoState().what());
  CHECK(thrown_by([&] { static_cast<void>(channel.receiver.receive()); }) == NoState().what());
  CHECK(thrown_by([&] { static_cast<void>(next(channel.receiver)); }) == NoState().what());
  CHECK(thrown_by([&] { static_cast<void>(channel.receiver.blocking_receive()); }) ==
        NoState().what());
  CHECK(thrown_by([&] { channel.receiver.close(); }) == NoState().what());
  const Sender<int> copy_of_nothing = channel.sender;
  CHECK(thrown_by([&] { static_cast<void>(copy_of_nothing.is_closed()); }) == NoState().what());
  channel.sender = sender;
  channel.receiver = std::move(receiver);
  *permit = std::move(permit_elsewhere);
  CHECK_FALSE(channel.sender.try_send(1));
  CHECK_FALSE(permit->send(2));
  CHECK(next(channel.receiver) == 1);
  CHECK(next(channel.receiver) == 2);
  CHECK(thrown_by([&] { static_cast<void>(permit->send(3)); }) == NoState().what());
}

TEST_CASE("a send, reserve or receive that has given its result says so") {
  auto channel = mpsc<int>(1);
  const auto is_over = [](auto future) {
    static_cast<void>(poll_once(future));
    CHECK(thrown_by([&] { static_cast<void>(poll_once(future)); }) == NoState().what());
  };
  is_over(channel.sender.send(1));
  is_over(channel.receiver.receive());
  is_over(channel.sender.reserve());
  channel.receiver.close();
  is_over(channel.sender.send(1));
  is_over(channel.sender.reserve());
  is_over(channel.receiver.receive());
}

}  // namespace
}  // namespace runtime
