// Does readiness reach whoever waits, whatever comes between a look and the wait, step by step?

#include "runtime/io/scheduled_io.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "io_support.hpp"

namespace runtime {
namespace {

constexpr ReadySet kHup = ReadySet::hup();
constexpr ReadySet kReadHup = ReadySet::read_hup();
constexpr ReadySet kError = ReadySet::error();

Poll<Observed> look(ScheduledIo& io, Direction direction, Wakeable& task) {
  Context context(task);
  return io.poll_ready(direction, context);
}

/// What is known; empty if the direction is not ready. Nobody waits afterwards.
ReadySet ready_now(ScheduledIo& io, Direction direction) {
  CountingWaker nobody;
  auto result = look(io, direction, nobody);
  if (result.is_ready()) return result.take().ready();
  io.forget(direction);
  return {};
}

/// As the reactor does it. Returns how many were woken.
int event(ScheduledIo& io, ReadySet ready) {
  return io.set_ready(ready);
}

/// The word at the beginning of a ScheduledIo, to see from outside how far another thread is.
std::uint32_t word_of(const ScheduledIo& io) {
  static_assert(std::is_standard_layout_v<ScheduledIo>);
  return reinterpret_cast<const std::atomic<std::uint32_t>*>(&io)->load();
}

/// One that a reader and a writer wait for.
struct BothWait {
  BothWait() {
    CHECK_FALSE(look(io, Direction::read, reader).is_ready());
    CHECK_FALSE(look(io, Direction::write, writer).is_ready());
  }

  CountingWaker reader;
  CountingWaker writer;
  ScheduledIo io{ReadySet()};
};

TEST_CASE("readiness that is assumed is there at the first look, the rest is waited for") {
  ScheduledIo io(kWritable);
  CHECK(ready_now(io, Direction::write) == kWritable);
  CHECK(ready_now(io, Direction::read) == ReadySet());
}

TEST_CASE("event, then poll: ready at once, and no waker is kept") {
  CountingWaker task;
  ScheduledIo io{ReadySet()};
  CHECK(event(io, kReadable) == 0);
  CHECK(look(io, Direction::read, task).is_ready());
  CHECK(task.wakers() == 0);
  CHECK(look(io, Direction::read, task).is_ready());
}

TEST_CASE("poll, then event: the task is woken once, and the next poll is ready") {
  CountingWaker task;
  ScheduledIo io{ReadySet()};
  CHECK_FALSE(look(io, Direction::read, task).is_ready());
  CHECK(task.wakers() == 1);
  CHECK(event(io, kReadable) == 1);
  CHECK(task.wakes() == 1);
  CHECK(task.wakers() == 0);
  CHECK(event(io, kReadable) == 0);
  CHECK(task.wakes() == 1);
  CHECK(look(io, Direction::read, task).is_ready());
}

TEST_CASE("look, clear, poll: pending until the next event") {
  CountingWaker task;
  ScheduledIo io{ReadySet()};
  event(io, kReadable);
  const Observed observed = look(io, Direction::read, task).take();
  io.clear(Direction::read, observed);
  CHECK_FALSE(look(io, Direction::read, task).is_ready());
  CHECK(event(io, kReadable) == 1);
  CHECK(ready_now(io, Direction::read) == kReadable);
}

TEST_CASE("look, event, clear: the event came after what was seen, and stays") {
  CountingWaker task;
  ScheduledIo io{ReadySet()};
  event(io, kReadable);
  const Observed observed = look(io, Direction::read, task).take();
  event(io, kReadable);  // the same bits: only the tick tells
  io.clear(Direction::read, observed);
  CHECK(ready_now(io, Direction::read) == kReadable);
  io.clear(Direction::read, observed);
  CHECK(ready_now(io, Direction::read) == kReadable);
}

TEST_CASE("look, event for the other direction, clear: one look too many, but none too few") {
  CountingWaker task;
  ScheduledIo io{ReadySet()};
  event(io, kReadable);
  const Observed observed = look(io, Direction::read, task).take();
  event(io, kWritable);
  io.clear(Direction::read, observed);
  const Observed newer = look(io, Direction::read, task).take();
  io.clear(Direction::read, newer);
  CHECK(ready_now(io, Direction::read) == ReadySet());
  CHECK(ready_now(io, Direction::write) == kWritable);
}

TEST_CASE("both directions look, then both clear: each clears its own") {
  CountingWaker task;
  ScheduledIo io{ReadySet()};
  event(io, kReadable | kWritable);
  const Observed reader = look(io, Direction::read, task).take();
  const Observed writer = look(io, Direction::write, task).take();
  io.clear(Direction::read, reader);
  CHECK(ready_now(io, Direction::write) == kWritable);
  io.clear(Direction::write, writer);  // no event has come since
  CHECK(ready_now(io, Direction::read) == ReadySet());
  CHECK(ready_now(io, Direction::write) == ReadySet());
}

TEST_CASE("data and end of file in one event: the end stays when the data is cleared") {
  CountingWaker task;
  ScheduledIo io{ReadySet()};
  event(io, kReadable | kReadHup);
  io.clear(Direction::read, look(io, Direction::read, task).take());
  CHECK(ready_now(io, Direction::read) == kReadHup);
  io.clear(Direction::read, look(io, Direction::read, task).take());
  CHECK(ready_now(io, Direction::read) == kReadHup);
}

TEST_CASE(
    "data and an urgent byte in one event: the data stays for one clear, which proves nothing") {
  CountingWaker task;
  ScheduledIo io{ReadySet()};
  const ReadySet urgent = ReadySet::urgent();
  event(io, kReadable | urgent);
  io.clear(Direction::read, look(io, Direction::read, task).take());
  CHECK(ready_now(io, Direction::read) == kReadable);
  io.clear(Direction::read, look(io, Direction::read, task).take());
  CHECK(ready_now(io, Direction::read) == ReadySet());
  event(io, kWritable | urgent);
  io.clear(Direction::write, look(io, Direction::write, task).take());  // of which it says nothing
  CHECK(ready_now(io, Direction::write) == ReadySet());
}

TEST_CASE("a hangup stays for both directions") {
  CountingWaker task;
  ScheduledIo io{ReadySet()};
  event(io, kReadable | kWritable | kReadHup | kHup);
  io.clear(Direction::read, look(io, Direction::read, task).take());
  io.clear(Direction::write, look(io, Direction::write, task).take());
  CHECK(ready_now(io, Direction::read) == (kReadHup | kHup));
  CHECK(ready_now(io, Direction::write) == (kReadHup | kHup));
}

TEST_CASE_FIXTURE(
    BothWait,
    "an error is ready for both directions, and cleared by the first that finds no more") {
  CHECK(event(io, kError) == 2);
  CHECK(reader.wakes() == 1);
  CHECK(writer.wakes() == 1);
  CHECK(ready_now(io, Direction::write) == kError);
  io.clear(Direction::read, look(io, Direction::read, reader).take());
  CHECK(ready_now(io, Direction::read) == ReadySet());
  CHECK(ready_now(io, Direction::write) == ReadySet());
}

TEST_CASE_FIXTURE(BothWait, "the end of a half-closed peer wakes the reader and not the writer") {
  CHECK(event(io, kReadable | kReadHup) == 1);
  CHECK(reader.wakes() == 1);
  CHECK(writer.wakes() == 0);
  CHECK_FALSE(look(io, Direction::write, writer).is_ready());
  CHECK(event(io, kHup) == 1);
  CHECK(writer.wakes() == 1);
}

TEST_CASE_FIXTURE(BothWait,
                  "reading and writing are separate: an event for one leaves the other waiting") {
  CHECK(event(io, kWritable) == 1);
  CHECK(writer.wakes() == 1);
  CHECK(reader.wakes() == 0);
  CHECK(reader.wakers() == 1);
  CHECK(event(io, kReadable) == 1);
  CHECK(reader.wakes() == 1);
}

TEST_CASE("readiness adds up over events until it is cleared") {
  ScheduledIo io{ReadySet()};
  event(io, kReadable);
  event(io, kWritable);
  CHECK(ready_now(io, Direction::read) == (kReadable | kWritable));
  CHECK(ready_now(io, Direction::write) == (kReadable | kWritable));
}

TEST_CASE("a second task that polls takes the first one's place") {
  CountingWaker first;
  CountingWaker second;
  ScheduledIo io{ReadySet()};
  CHECK_FALSE(look(io, Direction::read, first).is_ready());
  CHECK_FALSE(look(io, Direction::read, second).is_ready());
  CHECK(first.wakers() == 0);
  CHECK(event(io, kReadable) == 1);
  CHECK(first.wakes() == 0);
  CHECK(second.wakes() == 1);
}

TEST_CASE("a task that polls again keeps its one waker") {
  class AddsCounted final : public Wakeable {
   public:
    void wake() noexcept override {}
    void add_ref() noexcept override { ++adds; }
    void release() noexcept override {}
    int adds = 0;
  } task;
  ScheduledIo io{ReadySet()};
  CHECK_FALSE(look(io, Direction::read, task).is_ready());
  CHECK_FALSE(look(io, Direction::read, task).is_ready());
  CHECK(task.adds == 1);
}

TEST_CASE_FIXTURE(BothWait,
                  "forget: no wake for that direction, and its waker is dropped at once") {
  io.forget(Direction::read);
  CHECK(reader.wakers() == 0);
  CHECK(event(io, kReadable | kWritable) == 1);
  CHECK(reader.wakes() == 0);
  CHECK(writer.wakes() == 1);
  CHECK(ready_now(io, Direction::read) == (kReadable | kWritable));  // only the wait is forgotten
  io.forget(Direction::read);
}

/// Runs a function when it is released. The mutex of a ScheduledIo must be free then.
class OnRelease final : public Wakeable {
 public:
  explicit OnRelease(std::function<void()> function) : function_(std::move(function)) {}
  void wake() noexcept override {}
  void add_ref() noexcept override {}
  void release() noexcept override { function_(); }

 private:
  std::function<void()> function_;
};

TEST_CASE("wakers are dropped without the mutex, whoever replaces or forgets them") {
  ScheduledIo io{ReadySet()};
  int released = 0;
  OnRelease task([&] {
    ++released;
    io.forget(Direction::write);  // takes the mutex: would wait for ever
  });
  CountingWaker other;
  CHECK_FALSE(look(io, Direction::read, task).is_ready());
  io.forget(Direction::read);
  CHECK(released == 1);
  CHECK_FALSE(look(io, Direction::read, task).is_ready());
  CHECK_FALSE(look(io, Direction::read, other).is_ready());
  CHECK(released == 2);
  io.forget(Direction::read);  // `other` ends before `io` does
}

TEST_CASE("event while the waker is made, before it is stored: the second look sees it") {
  ScheduledIo io{ReadySet()};
  class EventOnAdd final : public Wakeable {
   public:
    explicit EventOnAdd(ScheduledIo& io) : io_(io) {}
    void wake() noexcept override { ++wakes; }
    void add_ref() noexcept override {
      reactor = std::thread([this] { event(io_, kReadable); });
      while (word_of(io_) == 0) std::this_thread::yield();
    }
    void release() noexcept override {}
    std::atomic<int> wakes = 0;
    std::thread reactor;

   private:
    ScheduledIo& io_;
  } task(io);
  CHECK(look(io, Direction::read, task).is_ready());
  task.reactor.join();  // it has woken the task as well, or found its place empty
  io.forget(Direction::read);
}

TEST_CASE("event between the first look and the lock: never both pending and unwoken") {
  // The two meet again and again; a thread that holds the mutex in between makes them queue for it.
  constexpr int kRounds = 5000;
  std::atomic<ScheduledIo*> current = nullptr;
  std::atomic<int> started = 0;
  std::atomic<int> finished = 0;
  std::thread reactor([&] {
    for (int round = 1; round <= kRounds; ++round) {
      while (started < round) std::this_thread::yield();
      event(*current.load(), kReadable);
      finished = round;
    }
  });
  int lost = 0;
  for (int round = 1; round <= kRounds; ++round) {
    CountingWaker task;
    ScheduledIo io{ReadySet()};
    current = &io;
    started = round;
    for (int i = 0; i < round % 64; ++i) static_cast<void>(word_of(io));
    const bool ready = look(io, Direction::read, task).is_ready();
    while (finished < round) std::this_thread::yield();
    if (!ready && task.wakes() == 0) ++lost;
    io.forget(Direction::read);
  }
  reactor.join();
  CHECK(lost == 0);
}

TEST_CASE("wakes from the reactor and clears from two tasks: no event is lost") {
  // The reactor makes an event only when the last one was seen, so a lost one would end the test.
  constexpr int kEvents = 3000;
  ScheduledIo io{ReadySet()};
  const auto wait_for_all = [&](Direction direction, std::atomic<int>& seen,
                                const std::atomic<int>& sent) {
    while (seen < kEvents) {
      const auto parker = Ref<Parker>::adopt(new Parker);
      auto observed = look(io, direction, *parker);
      if (!observed.is_ready()) {
        parker->wait();
        continue;
      }
      const int now = sent;  // what is there to read
      if (now == seen) {
        io.clear(direction, observed.take());
        if (sent == now) continue;
      }
      seen = sent.load();
      seen.notify_all();
    }
  };
  std::atomic<int> read = 0;
  std::atomic<int> readable = 0;
  std::atomic<int> written = 0;
  std::atomic<int> writable = 0;
  std::thread reader([&] { wait_for_all(Direction::read, read, readable); });
  std::thread writer([&] { wait_for_all(Direction::write, written, writable); });
  for (int i = 1; i <= kEvents; ++i) {
    readable = i;
    event(io, kReadable);
    writable = i;
    event(io, kWritable);
    for (int now = read; now < i; now = read) read.wait(now);
    for (int now = written; now < i; now = written) written.wait(now);
  }
  reader.join();
  writer.join();
  CHECK(read == kEvents);
  CHECK(written == kEvents);
}

}  // namespace
}  // namespace runtime
