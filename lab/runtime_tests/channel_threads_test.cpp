// Do values get from one runtime to another, and to and from threads that have none?

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "runtime/channels/mpsc.hpp"
#include "runtime/channels/notify.hpp"
#include "runtime/channels/oneshot.hpp"
#include "support.hpp"

namespace runtime {
namespace {

Async<> sends(Sender<int> sender, int count) {
  for (int i = 1; i <= count; ++i) {
    const auto back = co_await sender.send(i);
    if (back) throw std::logic_error("it came back");
  }
}

Async<int> sums(Receiver<int>& receiver, int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) {
    const auto value = co_await receiver.receive();
    if (!value) break;
    sum += *value;
  }
  co_return sum;
}

void blocking_sends(Sender<int> sender, int count) {
  for (int i = 1; i <= count; ++i) {
    if (sender.blocking_send(i)) throw std::logic_error("it came back");
  }
}

int blocking_sums(Receiver<int> receiver) {
  int sum = 0;
  while (const auto value = receiver.blocking_receive()) sum += *value;
  return sum;
}

constexpr int kCount = 5000;
constexpr int kSum = kCount * (kCount + 1) / 2;

// --- Two runtimes ---

TEST_CASE("what a task sends, a task of another runtime receives, at the same time") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    auto channel = mpsc<int>(2);
    std::thread other([&] { block_on(sends(std::move(channel.sender), kCount), options); });
    const int sum = block_on(sums(channel.receiver, kCount + 1));
    other.join();
    CHECK(sum == kSum);
  }
}

TEST_CASE("what a task has sent is received in the next runtime, and the channel goes on there") {
  auto channel = mpsc<int>(4);
  block_on(sends(channel.sender, 3));
  CHECK(block_on(sums(channel.receiver, 3)) == 6);
  block_on(sends(std::move(channel.sender), 4));
  CHECK(block_on(sums(channel.receiver, 9)) == 10);
}

TEST_CASE("a receive, a send, a Notify or a oneshot polled in one runtime goes on in the next") {
  auto channel = mpsc<int>(1);
  auto full = mpsc<int>(1);
  auto answer = oneshot<int>();
  Notify notify;
  CHECK_FALSE(full.sender.try_send(1));
  auto receive = channel.receiver.receive();
  auto send = full.sender.send(2);
  auto changed = notify.notified();
  const auto poll_all = [&](Context& context) {
    CHECK_FALSE(receive.poll(context).is_ready());
    CHECK_FALSE(send.poll(context).is_ready());
    CHECK_FALSE(changed.poll(context).is_ready());
    CHECK_FALSE(answer.receiver.poll(context).is_ready());
    return Poll<void>(done);
  };
  block_on(poll_fn(poll_all));
  std::thread other([&] {
    static_cast<void>(channel.sender.blocking_send(7));
    static_cast<void>(full.receiver.blocking_receive());
    notify.notify_one();
    static_cast<void>(answer.sender.send(8));
  });
  const auto await_all = [](auto& r, auto& s, auto& c, auto& a) -> Async<int> {
    const auto received = co_await r;
    const auto back = co_await s;
    co_await c;
    const auto answered = co_await a;
    co_return back ? 0 : *received + *answered;
  };
  CHECK(block_on(await_all(receive, send, changed, answer.receiver)) == 15);
  other.join();
}

// --- Threads that are no tasks ---

TEST_CASE("threads block until there is room, a value, or the end") {
  auto channel = mpsc<int>(1);
  std::thread one(blocking_sends, channel.sender, kCount);
  std::thread other(blocking_sends, std::move(channel.sender), kCount);
  CHECK(blocking_sums(std::move(channel.receiver)) == 2 * kSum);
  one.join();
  other.join();
}

TEST_CASE(
    "a thread that blocks gets its value back when the receiver goes, and the end after the last "
    "sender") {
  auto channel = mpsc<int>(1);
  CHECK_FALSE(channel.sender.blocking_send(1));
  std::optional<int> back;
  std::thread sender([&] { back = channel.sender.blocking_send(2); });
  { const auto gone = std::move(channel.receiver); }
  sender.join();
  CHECK(back == 2);
  auto others = mpsc<int>(1);
  std::thread goes([&] { const auto gone = std::move(others.sender); });
  CHECK(others.receiver.blocking_receive() == std::nullopt);
  goes.join();
}

Async<int> with_blocking_work() {
  auto there = mpsc<int>(2);
  auto back = mpsc<int>(2);
  auto answer = oneshot<int>();
  auto work = spawn_blocking([&] {
    static_cast<void>(answer.sender.send(1));
    while (const auto value = there.receiver.blocking_receive()) {
      static_cast<void>(back.sender.blocking_send(*value));
    }
    const auto gone = std::move(back.sender);
  });
  auto sending = spawn(sends(std::move(there.sender), kCount));
  const int sum = co_await sums(back.receiver, kCount + 1);
  co_await sending;
  co_await work;
  const auto answered = co_await answer.receiver;
  co_return sum + answered.value_or(0);
}

TEST_CASE("blocking work receives from tasks, and sends to tasks") {
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    CHECK(block_on(with_blocking_work(), options) == kSum + 1);
  }
}

TEST_CASE("a thread blocks for a oneshot, which a task sends") {
  auto answer = oneshot<int>();
  std::thread task([&] {
    const auto main = [](OneshotSender<int>& sender) -> Async<> {
      co_await yield_now();
      static_cast<void>(sender.send(7));
    };
    block_on(main(answer.sender));
  });
  CHECK(answer.receiver.blocking_receive() == 7);
  task.join();
}

TEST_CASE("to block the thread of a task is an error, and says so") {
  const auto main = []() -> Async<std::string> {
    auto channel = mpsc<int>(1);
    auto answer = oneshot<int>();
    std::string said = thrown_by([&] { static_cast<void>(channel.sender.blocking_send(1)); });
    CHECK(thrown_by([&] { static_cast<void>(channel.receiver.blocking_receive()); }) == said);
    CHECK(thrown_by([&] { static_cast<void>(answer.receiver.blocking_receive()); }) == said);
    CHECK(channel.sender.try_send(2) == std::nullopt);  // the first one has not taken the room
    co_return said;
  };
  for (const Options& options : executors()) {
    CAPTURE(options.workers);
    CHECK(block_on(main(), options) == "a thread that runs tasks must not block");
  }
}

}  // namespace
}  // namespace runtime
