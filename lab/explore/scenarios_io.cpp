// Can a readiness be lost? Tasks that wait for it, and a reactor that tells, in every order.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/poller/poller.hpp"
#include "lab/explore/mock_kernel.hpp"
#include "lab/explore/scenario_parts.hpp"
#include "lab/explore/scenarios.hpp"
#include "lab/explore/workers.hpp"
#include "runtime/future/small_futures.hpp"
#include "runtime/io/registration.hpp"

namespace explore {
namespace {

using common::ReadySet;
using runtime::Direction;
using runtime::pending;
using runtime::Place;
using runtime::Poll;
using runtime::Ref;
using runtime::Registration;
using runtime::ScheduledIo;

constexpr ReadySet kBoth = ReadySet::readable() | ReadySet::writable();

/// How many bytes there are to read, or how many there is room for.
class Bytes {
 public:
  void arrive() { count_.fetch_add(1); }
  /// A call that gets all there is, and so has drained it.
  int take_all() { return count_.exchange(0); }

 private:
  Atomic<int> count_ = 0;
};

/// Reads, or writes, until it has had `wanted` bytes.
template <Direction kDirection>
class Transfer {
 public:
  using Output = void;

  Transfer(ScheduledIo& io, Bytes& bytes, int wanted) : io_(&io), bytes_(&bytes), wanted_(wanted) {}
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
  ScheduledIo* io_;
  Bytes* bytes_;
  int wanted_;
};

/// A task that reads, and an event while it does. There were `earlier` ones before.
void read(Run& run, int earlier) {
  struct Shared {
    Bytes bytes;
    ScheduledIo io{ReadySet()};
    Workers workers;
  };
  const auto shared = std::make_shared<Shared>();
  const auto byte_comes = [shared] {
    shared->bytes.arrive();
    shared->io.set_ready(ReadySet::readable());
  };
  for (int i = 0; i < earlier; ++i) byte_comes();
  Transfer<Direction::read> transfer(shared->io, shared->bytes, earlier + 1);
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
    Transfer<Direction::read> transfer(shared->io, shared->bytes, 1);
    static_cast<void>(shared->reader.run(transfer));
  });
  run.thread("writer", [shared] {
    Transfer<Direction::write> transfer(shared->io, shared->room, 1);
    static_cast<void>(shared->writer.run(transfer));
  });
  run.thread("reactor", [shared] {
    shared->bytes.arrive();
    shared->room.arrive();
    shared->io.set_ready(ReadySet::readable() | ReadySet::writable());
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
  run.thread("reactor", [shared] { shared->io.set_ready(ReadySet::readable()); });
}

/// A registration at the real reactor, over the mock of the kernel.
struct Registered {
  static constexpr int kFd = 1'000'000;  // none that the kernel gives: its own are real ones

  Descriptor descriptor{kFd};
  Sleeper reader;
  Sleeper writer;
  Workers workers;
  std::optional<Registration> registration{std::in_place};

  void turn(std::optional<common::Duration> limit) { workers.driver().reactor()->turn(limit); }
  /// Waits until `direction` is ready, registering it if nobody has.
  void wait(Sleeper& task, Direction direction) {
    auto ready = runtime::poll_fn(
        [&](Context& context) { return registration->poll_ready(kFd, kBoth, direction, context); });
    workers.inside([&] { static_cast<void>(task.run(ready)); });
  }
};

void first_polls(Run& run, const std::shared_ptr<Registered>& shared) {
  run.thread("reader", [shared] { shared->wait(shared->reader, Direction::read); });
  run.thread("writer", [shared] { shared->wait(shared->writer, Direction::write); });
  run.thread("reactor", [shared] {
    shared->descriptor.become(ReadySet::readable());
    shared->turn(std::nullopt);
  });
}

void register_twice(Run& run) {
  first_polls(run, std::make_shared<Registered>());
}

/// The same for a descriptor that is registered in a runtime that has ended.
void move(Run& run) {
  const auto shared = std::make_shared<Registered>();
  {
    const Ref<Workers> before = Ref<Workers>::adopt(new Workers);
    before->inside([&] {
      Context context(shared->reader);
      static_cast<void>(
          shared->registration->poll_ready(Registered::kFd, kBoth, Direction::read, context));
      shared->registration->forget(Direction::read);
    });
    before->driver().close();
  }
  first_polls(run, shared);
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
      static_cast<void>(registration->poll_ready(Registered::kFd, kBoth, Direction::read, context));
      shared->descriptor.take(ReadySet::readable());
      registration.reset();
      registration.emplace();
      const auto ready = registration->poll_ready(Registered::kFd, kBoth, Direction::read, context);
      require(!ready.is_ready(), "an event of the registration before");
      registration.reset();
    });
  });
  run.thread("reactor", [shared] { shared->turn(common::Duration::zero()); });
}

}  // namespace

std::vector<Named> io_scenarios() {
  const auto waits = [](Run& run) { read(run, 0); };
  const auto clears = [](Run& run) { read(run, 1); };
  return {
      {"an event comes while a task looks and begins to wait", waits},
      {"an event comes while a task reads, and clears the event before", clears},
      {"an event for both directions comes while two tasks begin to wait", two_directions},
      {"an event comes while a task begins to wait, and gives up", forget},
      {"a reader and a writer register the same descriptor, and an event comes", register_twice},
      {"a reader and a writer move the same descriptor from a runtime that has ended", move},
      {"an event is on its way while its registration goes, and another one comes", deregister},
  };
}

}  // namespace explore
