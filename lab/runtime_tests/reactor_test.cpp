// Does the reactor tell the kernel's news to the right task, and to nobody after it is gone?

#include "runtime/io/reactor.hpp"

#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/error.hpp"
#include "io_support.hpp"
#include "lab/support/program.hpp"
#include "lab/support/thread.hpp"

namespace runtime {
namespace {

/// Called when epoll_wait has returned, before the reactor sees the events: it is the moment at
/// which another thread could do anything.
std::function<void()> after_wait;

}  // namespace
}  // namespace runtime

// The linker takes this one before the C library's.
extern "C" int epoll_wait(int epoll, epoll_event* events, int size, int timeout) {
  const auto count = ::syscall(SYS_epoll_pwait, epoll, events, size, timeout, nullptr, _NSIG / 8);
  if (runtime::after_wait) std::exchange(runtime::after_wait, nullptr)();
  return static_cast<int>(count);
}

namespace runtime {
namespace {

constexpr ReadySet kReading = kReadable | ReadySet::read_hup();

Ref<Reactor> new_reactor() {
  return Ref<Reactor>::adopt(new Reactor);
}

/// One descriptor that is registered for reading, and not by a Registration.
class Entry {
 public:
  Entry(Reactor& reactor, const Fd& fd) { reactor.registered(fd.get(), kReading, io_); }
  Entry(Entry&& other) noexcept : io_(other.io_.exchange(nullptr)) {}
  ~Entry() { remove(); }
  void remove() {
    if (ScheduledIo* const io = io_.exchange(nullptr)) Reactor::remove(*io);
  }
  [[nodiscard]] ScheduledIo& io() const { return *io_.load(); }

 private:
  std::atomic<ScheduledIo*> io_ = nullptr;
};

bool waits(const Entry& entry, Wakeable& task, Direction direction = Direction::read) {
  Context context(task);
  return !entry.io().poll_ready(direction, context).is_ready();
}

/// Polls a registration that watches for both directions.
Poll<Observed> look(Registration& registration, int fd, Direction direction, Context& context) {
  return registration.poll_ready(fd, kReading | kWritable, direction, context);
}

/// Does something when it is woken, or when a waker of it is dropped.
class Does final : public Wakeable {
 public:
  std::function<void()> when_woken;
  std::function<void()> when_released;
  void wake() noexcept override {
    if (when_woken) when_woken();
  }
  void add_ref() noexcept override {}
  void release() noexcept override {
    if (when_released) when_released();
  }
};

TEST_CASE("a turn waits once, and returns how many events came") {
  const auto reactor = new_reactor();
  CHECK(reactor->turns() == 0);
  CHECK(reactor->turn(Duration::zero()) == 0);
  std::vector<Pipe> pipes(3);
  std::vector<CountingWaker> tasks(3);
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < 3; ++i) {
    entries.emplace_back(*reactor, pipes[i].reading);
    CHECK(waits(entries[i], tasks[i]));
    send_to(pipes[i].writing, "x");
  }
  CHECK(reactor->turn(std::nullopt) == 3);
  CHECK(reactor->turns() == 2);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(tasks[i].wakes() == 1);
  }
}

TEST_CASE("only the task whose descriptor is ready is woken") {
  const auto reactor = new_reactor();
  Pipe pipes[2];
  CountingWaker tasks[2];
  const Entry entries[] = {{*reactor, pipes[0].reading}, {*reactor, pipes[1].reading}};
  for (int i = 0; i < 2; ++i) CHECK(waits(entries[i], tasks[i]));
  send_to(pipes[1].writing, "x");
  CHECK(reactor->turn(std::nullopt) == 1);
  CHECK(tasks[0].wakes() == 0);
  CHECK(tasks[1].wakes() == 1);
}

TEST_CASE("more events than one wait returns come with the next turns") {
  if (!lab::has_open_files(700)) return;
  const auto reactor = new_reactor();
  constexpr std::size_t kEvents = 600;
  std::vector<Fd> fds;
  std::vector<CountingWaker> tasks(kEvents);
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < kEvents; ++i) {
    fds.push_back(new_eventfd(1));
    entries.emplace_back(*reactor, fds[i]);
    CHECK(waits(entries[i], tasks[i]));
  }
  std::size_t events = 0;
  while (events < kEvents) events += reactor->turn(std::nullopt);
  for (std::size_t i = 0; i < kEvents; ++i) {
    CHECK(tasks[i].wakes() == 1);
  }
}

TEST_CASE("wake before turn: the turn returns at once, and the one after it waits again") {
  const auto reactor = new_reactor();
  reactor->wake();
  reactor->wake();
  CHECK(reactor->turn(std::nullopt) == 1);
  CHECK(reactor->turn(Duration::zero()) == 0);
}

TEST_CASE("wake during turn, from another thread: the turn returns") {
  const auto reactor = new_reactor();
  for (std::uint64_t round = 1; round <= 200; ++round) {
    std::thread other([&] {
      while (reactor->turns() < round) std::this_thread::yield();
      reactor->wake();  // before the wait, or in it
    });
    CHECK(reactor->turn(std::nullopt) == 1);
    other.join();
  }
}

TEST_CASE("a waker may register and deregister descriptors: it is woken without the mutex") {
  const auto reactor = new_reactor();
  Pipe pipe;
  Pipe other;
  Entry entry(*reactor, pipe.reading);
  bool done = false;
  Does task;
  task.when_woken = [&] {
    const Entry added(*reactor, other.reading);
    entry.remove();
    done = true;
  };
  CHECK(waits(entry, task));
  send_to(pipe.writing, "x");
  reactor->turn(std::nullopt);
  CHECK(done);
}

TEST_CASE(
    "a waker that is dropped by remove may use the reactor: it is dropped without the mutex") {
  const auto reactor = new_reactor();
  Pipe pipe;
  Pipe other;
  Entry entry(*reactor, pipe.reading);
  int released = 0;
  Does task;
  task.when_released = [&] {
    if (++released > 1) return;
    const Entry added(*reactor, other.reading);
  };
  CHECK(waits(entry, task));
  entry.remove();
  CHECK(released == 1);
}

TEST_CASE("remove: no event any more, and its waker is dropped" * doctest::skip(kOnRing)) {
  const auto reactor = new_reactor();
  Pipe pipe;
  CountingWaker task;
  Entry entry(*reactor, pipe.reading);
  CHECK(waits(entry, task));
  CHECK(registrations_of(pipe.reading.get()) == 1);
  entry.remove();
  CHECK(registrations_of(pipe.reading.get()) == 0);
  CHECK(task.wakers() == 0);
  send_to(pipe.writing, "x");
  CHECK(reactor->turn(Duration::zero()) == 0);
  CHECK(task.wakes() == 0);
}

TEST_CASE(
    "remove and reuse of the number between the wait and its events: a late event finds nobody" *
    doctest::skip(kOnRing)) {
  const auto reactor = new_reactor();
  std::optional<Pipe> pipe(std::in_place);
  const int number = pipe->reading.get();
  CountingWaker task;
  CountingWaker next;
  Entry entry(*reactor, pipe->reading);
  CHECK(waits(entry, task));
  send_to(pipe->writing, "x");

  std::optional<Fd> reused;
  std::optional<Entry> added;
  const ScheduledIo* const first = &entry.io();
  after_wait = [&] {
    entry.remove();
    pipe.reset();
    reused = new_eventfd();
    CHECK(reused->get() == number);  // the lowest that is free
    added.emplace(*reactor, *reused);
    CHECK(waits(*added, next));
  };
  CHECK(reactor->turn(std::nullopt) == 1);  // the late event
  CHECK(task.wakes() == 0);
  CHECK(next.wakes() == 0);
  CHECK(waits(*added, next));
  reactor->turn(Duration::zero());
  CHECK(&Entry(*reactor, new_eventfd()).io() == first);  // its place is used again, after that
}

TEST_CASE("what cannot be watched is an error, and costs the reactor nothing" *
          doctest::skip(kOnRing)) {
  const auto reactor = new_reactor();
  const Fd file(common::check(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "open"));
  CHECK(thrown_by([&] { Entry(*reactor, file); }) == "epoll_ctl ADD: Operation not permitted");
  Pipe pipe;
  Entry entry(*reactor, pipe.reading);
  CHECK(thrown_by([&] { Entry(*reactor, pipe.reading); }) == "epoll_ctl ADD: File exists");
  CountingWaker task;
  CHECK(waits(entry, task));  // the first registration is as it was
  send_to(pipe.writing, "x");
  reactor->turn(std::nullopt);
  CHECK(task.wakes() == 1);
  entry.remove();
}

TEST_CASE("a descriptor that was closed too early is told on standard error, and then forgotten" *
          doctest::skip(kOnRing)) {
  const auto reactor = new_reactor();
  Pipe pipe;
  Entry entry(*reactor, pipe.reading);
  pipe.reading.reset();
  std::string text;
  {
    CapturedErrors errors;
    entry.remove();
    text = errors.text();
  }
  CHECK(text.find("epoll_ctl DEL: ") != std::string::npos);
}

TEST_CASE("threads register, wait for and deregister descriptors while another one turns") {
  const auto reactor = new_reactor();
  std::atomic<bool> stop = false;
  std::thread driver([&] {
    while (!stop) reactor->turn(std::nullopt);
  });
  std::vector<std::thread> threads;
  for (int id = 0; id < 2; ++id) {
    threads.emplace_back([&] {
      for (int round = 0; round < 300; ++round) {
        Pipe pipe;
        Entry entry(*reactor, pipe.reading);
        const auto parker = Ref<Parker>::adopt(new Parker);
        if (round % 2 == 0) send_to(pipe.writing, "x");
        if (waits(entry, *parker)) {
          if (round % 2 == 1) send_to(pipe.writing, "x");
          parker->wait();
        }
        entry.remove();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  stop = true;
  reactor->wake();
  driver.join();
}

// Registrations: the tie between a descriptor and the reactor of whoever polls it.

TEST_CASE("a registration is made by the first poll, once, and ends with the registration" *
          doctest::skip(kOnRing)) {
  in_runtime([](Context& context) -> Poll<void> {
    Pipe pipe;
    const int fd = pipe.reading.get();
    {
      Registration registration;
      CHECK(registrations_of(fd) == 0);
      CHECK_FALSE(look(registration, fd, Direction::read, context).is_ready());
      CHECK(registrations_of(fd) == 1);
      CHECK_FALSE(look(registration, fd, Direction::read, context).is_ready());
      CHECK(look(registration, fd, Direction::write, context).is_ready());  // assumed
      CHECK(registrations_of(fd) == 1);
      registration.forget(Direction::read);
    }
    CHECK(registrations_of(fd) == 0);
    return done;
  });
}

TEST_CASE("a registration watches for reading and writing at once, and for the peer's end" *
          doctest::skip(kOnRing)) {
  in_runtime([](Context& context) -> Poll<void> {
    SocketPair pair;
    Registration registration;
    CHECK(look(registration, pair.ours.get(), Direction::write, context).is_ready());
    CHECK(registrations_of(pair.ours.get(), kReading | kWritable | ReadySet(EPOLLET)) == 1);
    return done;
  });
}

TEST_CASE("a registration that is assigned to: deregistered, and the next poll registers again" *
          doctest::skip(kOnRing)) {
  in_runtime([](Context& context) -> Poll<void> {
    Pipe pipe;
    const int fd = pipe.reading.get();
    Registration registration;
    CHECK_FALSE(look(registration, fd, Direction::read, context).is_ready());
    registration = Registration();
    CHECK(registrations_of(fd) == 0);
    registration = Registration();
    send_to(pipe.writing, "x");
    CHECK_FALSE(look(registration, fd, Direction::read, context).is_ready());
    CHECK(registrations_of(fd) == 1);
    return done;
  });
}

TEST_CASE("a moved registration is still the one registration, whichever way it was moved" *
          doctest::skip(kOnRing)) {
  in_runtime([](Context& context) -> Poll<void> {
    Pipe pipe;
    const int fd = pipe.reading.get();
    std::optional<Registration> first(std::in_place);
    CHECK_FALSE(look(*first, fd, Direction::read, context).is_ready());
    std::optional<Registration> second(*std::move(first));
    first.reset();
    CHECK(registrations_of(fd) == 1);
    Registration third;
    third = *std::move(second);
    second.reset();
    CHECK(registrations_of(fd) == 1);
    CHECK_FALSE(look(third, fd, Direction::read, context).is_ready());
    CHECK(registrations_of(fd) == 1);
    third = Registration();
    CHECK(registrations_of(fd) == 0);
    return done;
  });
}

TEST_CASE("a registration on demand watches for writing only while somebody waits for that" *
          doctest::skip(kOnRing)) {
  in_runtime([](Context& context) -> Poll<void> {
    SocketPair pair(SOCK_DGRAM);
    const int fd = pair.ours.get();
    PollEvented<Fd, Interest::write_on_demand> registration(std::move(pair.ours));
    auto assumed = registration.poll_ready(Direction::write, context);
    CHECK(assumed.is_ready());
    CHECK(registrations_of(fd, kReading) == 1);
    CHECK(registrations_of(fd, kWritable) == 0);
    const auto blocks = [](int) { return Tried<Done>(); };
    CHECK_FALSE(registration.poll_io(Direction::write, context, blocks).is_ready());
    CHECK_FALSE(registration.poll_ready(Direction::write, context).is_ready());
    CHECK(registrations_of(fd, kReading | kWritable) == 1);
    Handle::current().reactor()->turn(std::nullopt);  // it is writable already: that is an event
    CHECK(registration.poll_ready(Direction::write, context).is_ready());
    CHECK(registrations_of(fd, kWritable) == 0);
    CHECK(registrations_of(fd, kReading) == 1);
    return done;
  });
}

TEST_CASE("a poll outside of a runtime throws, and the registration can still be used in one") {
  Pipe pipe;
  PollEvented<Fd> evented(std::move(pipe.reading));
  auto read = evented.io(Direction::read, try_read_text);
  CHECK(thrown_by([&] { static_cast<void>(poll_once(read)); }) == "not in a runtime: see block_on");
  send_to(pipe.writing, "later");
  CHECK(block_on(evented.io(Direction::read, try_read_text)) == "later");
}

TEST_CASE("a poll of what cannot be watched throws, each time" * doctest::skip(kOnRing)) {
  PollEvented<Fd> evented(
      Fd(common::check(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "open")));
  for (int i = 0; i < 2; ++i) {
    CHECK(thrown_by([&] { block_on(evented.readable()); }) ==
          "epoll_ctl ADD: Operation not permitted");
  }
}

TEST_CASE("made before the runtime, and moved to a task on any thread before the first poll") {
  for (const Options& options : executors()) {
    Pipe pipe;
    PollEvented<Fd> evented(std::move(pipe.reading));
    const auto read = [](PollEvented<Fd> source) -> Async<std::string> {
      co_return co_await source.io(Direction::read, try_read_text);
    };
    const auto main = [&]() -> Async<std::string> {
      auto handle = spawn(read(std::move(evented)));
      co_await yield_now();
      send_to(pipe.writing, "moved");
      co_return co_await handle;
    };
    CHECK(block_on(main(), options) == "moved");
  }
}

TEST_CASE("a registration that outlives its runtime does no harm" * doctest::skip(kOnRing)) {
  for (const Options& options : executors()) {
    const int before = open_descriptors();
    {
      Pipe pipe;
      std::optional<PollEvented<Fd>> evented(std::in_place, std::move(pipe.reading));
      const auto poll = [&](Context& context) -> Poll<void> {
        CHECK_FALSE(evented->poll_ready(Direction::read, context).is_ready());
        return done;
      };
      in_runtime(poll, options);
      CHECK(registrations_of(evented->fd()) == 1);
      send_to(pipe.writing, "x");
      evented->forget(Direction::read);
    }
    CHECK(open_descriptors() == before);  // the reactor is gone, too
  }
}

TEST_CASE("a waker that is left in a registration is dropped with it, after the runtime's end") {
  const int before = open_descriptors();
  {
    Pipe pipe;
    PollEvented<Fd> evented(std::move(pipe.reading));
    in_runtime([&](Context& context) -> Poll<void> {
      CHECK_FALSE(evented.poll_ready(Direction::read, context).is_ready());
      return done;
    });
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("registering while the driver waits: the event ends its wait") {
  for (const Options& options : pools()) {
    const auto main = []() -> Async<void> {
      for (int round = 0; round < 20; ++round) {
        Pipe pipe;
        PollEvented<Fd> evented(std::move(pipe.reading));
        Flag registered;
        // Not a task: it writes when this one is registered, whatever the driver does then.
        lab::Thread writer([&] {
          registered.wait();
          send_to(pipe.writing, "x");
        });
        auto read = evented.io(Direction::read, try_read_text);
        const auto poll = [&](Context& context) {
          auto result = read.poll(context);
          registered.set();
          return result;
        };
        const std::string text = co_await poll_fn(poll);
        CHECK(text == "x");
      }
    };
    block_on(main(), options);
  }
}

}  // namespace
}  // namespace runtime
