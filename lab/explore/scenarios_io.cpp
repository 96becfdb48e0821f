// Can a readiness be lost? Tasks that wait for it, and a reactor that tells, in every order.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/poller/poller.hpp"
#include "lab/explore/mock_poller.hpp"
#include "lab/explore/scenario_parts.hpp"
#include "lab/explore/scenarios.hpp"
#include "lab/explore/workers.hpp"
#include "runtime/executor/block_on.hpp"
#include "runtime/executor/current_thread.hpp"
#include "runtime/future/small_futures.hpp"
#include "runtime/io/registration.hpp"
#include "without_second_look.hpp"
#include "without_tick.hpp"

namespace explore {
namespace {

using common::ReadySet;
using runtime::Context;
using runtime::Direction;
using runtime::pending;
using runtime::Place;
using runtime::Poll;
using runtime::Ref;
using runtime::Registration;
using runtime::ScheduledIo;
using runtime::Waker;

/// How many bytes there are to read, or how many there is room for.
class Bytes {
 public:
  void arrive() { count_.fetch_add(1); }
  /// A call that gets all there is, and so has drained it.
  int take_all() { return count_.exchange(0); }

 private:
  Atomic<int> count_ = 0;
};

/// As the reactor does it.
template <class Io>
void tell(Io& io, ReadySet ready) {
  std::vector<Waker> wakers;
  io.set_ready(ready, [&](Waker waker) { wakers.push_back(std::move(waker)); });
  for (const Waker& waker : wakers) waker.wake();
}

/// Reads, or writes, until it has had `wanted` bytes.
template <class Io, auto kDirection>
class Transfer {
 public:
  using Output = void;

  Transfer(Io& io, Bytes& bytes, int wanted) : io_(&io), bytes_(&bytes), wanted_(wanted) {}
  Transfer(Transfer&& other) noexcept = default;

  Poll<void> poll(Context& context) {
    const auto polled = touched_.poll();
    while (wanted_ > 0) {
      auto ready = io_->poll_ready(kDirection, context);
      if (!ready.is_ready()) return pending;
      wanted_ -= bytes_->take_all();
      io_->clear(kDirection, ready.take());  // it was drained
    }
    return runtime::done;
  }

 private:
  Touched touched_;
  Io* io_;
  Bytes* bytes_;
  int wanted_;
};

/// A task that reads, and an event while it does. There were `earlier` ones before.
template <class Io, auto kRead>
void read(Run& run, int earlier) {
  struct Shared {
    Bytes bytes;
    Io io{ReadySet()};
    Workers workers;
  };
  const auto shared = std::make_shared<Shared>();
  const auto byte_comes = [shared] {
    shared->bytes.arrive();
    tell(shared->io, ReadySet::readable());
  };
  for (int i = 0; i < earlier; ++i) byte_comes();
  Transfer<Io, kRead> transfer(shared->io, shared->bytes, earlier + 1);
  shared->workers.spawn(std::move(transfer), Place::here()).detach();
  run.thread("task", [shared] { shared->workers.work(); });
  run.thread("reactor", byte_comes);
}

/// A reader and a writer, each on its thread, and an event for both.
void two_directions(Run& run) {
  struct Shared {
    Bytes bytes;
    Bytes room;
    Sleeper reader;
    Sleeper writer;
    ScheduledIo io{ReadySet()};
  };
  const auto shared = std::make_shared<Shared>();
  run.thread("reader", [shared] {
    Transfer<ScheduledIo, Direction::read> transfer(shared->io, shared->bytes, 1);
    static_cast<void>(shared->reader.run(transfer));
  });
  run.thread("writer", [shared] {
    Transfer<ScheduledIo, Direction::write> transfer(shared->io, shared->room, 1);
    static_cast<void>(shared->writer.run(transfer));
  });
  run.thread("reactor", [shared] {
    shared->bytes.arrive();
    shared->room.arrive();
    tell(shared->io, ReadySet::readable() | ReadySet::writable());
  });
}

/// Who waits is gone when the event comes, or goes at this moment.
void forget(Run& run) {
  struct Shared {
    Sleeper reader;
    ScheduledIo io{ReadySet()};
  };
  const auto shared = std::make_shared<Shared>();
  run.thread("task", [shared] {
    Context context(shared->reader);
    static_cast<void>(shared->io.poll_ready(Direction::read, context));
    shared->io.forget(Direction::read);
  });
  run.thread("reactor", [shared] { tell(shared->io, ReadySet::readable()); });
}

/// A registration at the real reactor, over the mock of the kernel.
struct Registered {
  static constexpr int kFd = 7;

  Descriptor descriptor{kFd};
  Sleeper reader;
  Sleeper writer;
  Workers workers;
  std::optional<Registration> registration{std::in_place};

  void turn(std::optional<common::Duration> limit) { workers.driver().reactor()->turn(limit); }
  /// Waits until `direction` is ready, registering it if nobody has.
  void wait(Sleeper& task, Direction direction) {
    auto ready = runtime::poll_fn(
        [&](Context& context) { return registration->poll_ready(kFd, direction, context); });
    workers.inside([&] { static_cast<void>(task.run(ready)); });
  }
};

void first_polls(Run& run) {
  const auto shared = std::make_shared<Registered>();
  run.thread("reader", [shared] { shared->wait(shared->reader, Direction::read); });
  run.thread("writer", [shared] { shared->wait(shared->writer, Direction::write); });
  run.thread("reactor", [shared] {
    shared->descriptor.become(ReadySet::readable());
    shared->turn(std::nullopt);
  });
}

/// The event may be in the reactor's hands when its registration goes, and another one, of the same
/// descriptor, comes: there is nothing to read any more, and that one must not hear of it.
void deregister(Run& run) {
  const auto shared = std::make_shared<Registered>();
  shared->descriptor.become(ReadySet::readable());
  run.thread("task", [shared] {
    shared->workers.inside([&] {
      Context context(shared->reader);
      auto& registration = shared->registration;
      static_cast<void>(registration->poll_ready(Registered::kFd, Direction::read, context));
      shared->descriptor.take(ReadySet::readable());
      registration.reset();
      registration.emplace();
      const auto ready = registration->poll_ready(Registered::kFd, Direction::read, context);
      require(!ready.is_ready(), "an event of the registration before");
      registration.reset();
    });
  });
  run.thread("reactor", [shared] { shared->turn(common::Duration::zero()); });
}

/// All of it: `block_on`, with the executor that sleeps in the kernel.
void whole(Run& run) {
  struct Shared {
    Ref<runtime::Executor> executor =
        Ref<runtime::Executor>::adopt(new runtime::CurrentThread(false, {}));
    Descriptor descriptor{Registered::kFd};
  };
  const auto shared = std::make_shared<Shared>();
  run.thread("block_on", [shared] {
    auto reads = [shared, registration = Registration()](Context& context) mutable -> Poll<void> {
      for (;;) {
        auto ready = registration.poll_ready(Registered::kFd, Direction::read, context);
        if (!ready.is_ready()) return pending;
        if (shared->descriptor.take(ReadySet::readable())) return runtime::done;
        registration.clear(Direction::read, ready.take());
      }
    };
    auto result =
        runtime::run_in(*shared->executor, runtime::poll_fn(std::move(reads)), Place::here());
    require(result.is_ready(), "not ready at its end");
  });
  run.thread("peer", [shared] { shared->descriptor.become(ReadySet::readable()); });
}

}  // namespace

std::vector<Named> io_scenarios() {
  const auto waits = [](Run& run) { read<ScheduledIo, Direction::read>(run, 0); };
  const auto clears = [](Run& run) { read<ScheduledIo, Direction::read>(run, 1); };
  return {
      {"an event comes while a task looks and begins to wait", waits},
      {"an event comes while a task reads, and clears the event before", clears},
      {"an event for both directions comes while two tasks begin to wait", two_directions},
      {"an event comes while a task begins to wait, and gives up", forget},
      {"a reader and a writer register the same descriptor, and an event comes", first_polls},
      {"an event is on its way while its registration goes, and another one comes", deregister},
      {"bytes come while block_on goes to sleep in the kernel", whole},
  };
}

Named without_second_look() {
  namespace broken = runtime::without_second_look;
  return {"an event comes while a task looks and begins to wait",
          [](Run& run) { read<broken::ScheduledIo, broken::Direction::read>(run, 0); }};
}

Named without_tick() {
  namespace broken = runtime::without_tick;
  return {"an event comes while a task reads, and clears the event before",
          [](Run& run) { read<broken::ScheduledIo, broken::Direction::read>(run, 1); }};
}

}  // namespace explore
