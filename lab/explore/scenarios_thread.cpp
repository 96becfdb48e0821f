// Can `block_on` on one thread lose a wake, or leave something behind at its end? Other threads
// wake its tasks, and spawn more, at every moment.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lab/explore/block_on_parts.hpp"
#include "lab/explore/scenarios.hpp"

namespace explore {
namespace {

std::shared_ptr<Blocked> one_thread(bool virtual_clock = false) {
  return std::make_shared<Blocked>(new runtime::CurrentThread(virtual_clock, {}));
}

void wake(Run& run, const std::shared_ptr<Blocked>& shared) {
  block_on(run, shared, [shared](Context& context) {
    shared->begin();
    return shared->first.poll(context);
  });
  other(run, shared, "waker", [](Blocked& blocked) { blocked.first.come(); });
}

void real_clock(Run& run) {
  wake(run, one_thread());
}
void virtual_clock(Run& run) {
  wake(run, one_thread(true));
}

/// There is hope as long as the waker has not come, and the search for a deadlock comes at any
/// time.
void hope(Run& run) {
  time_passes(1);
  wake(run, one_thread());
}

/// A task joins one that waits for nothing. A wake for nothing comes meanwhile.
void deadlock(Run& run) {
  const auto shared = one_thread();
  time_passes(1);
  block_on<runtime::Deadlock>(run, shared, [shared, task = Task()](Context& context) mutable {
    if (!task) task = spawn([](Context&) { return false; });
    shared->begin();
    static_cast<void>(shared->first.poll(context));
    return task->poll(context).is_ready();
  });
  other(run, shared, "waker", [](Blocked& blocked) { blocked.first.come(); });
}

/// Bytes, from the kernel.
void bytes(Run& run) {
  const auto shared = one_thread();
  block_on(run, shared, [shared](Context& context) {
    shared->begin();
    return shared->bytes.poll(context);
  });
  other(run, shared, "peer", [](Blocked& blocked) { blocked.bytes.come(); });
}

/// The first poll, with a chance for others to run before the second one, which ends it.
template <class First>
auto twice(First first) {
  return [first = std::move(first), again = false](Context& context) mutable {
    if (std::exchange(again, true)) return true;
    first(context);
    context.wake_self();
    return false;
  };
}

/// The task that is woken is scheduled, and perhaps not in the queue yet, when all is cancelled.
void wake_at_end(Run& run) {
  const auto shared = one_thread();
  block_on(run, shared, twice([shared](Context&) {
             spawn([shared](Context& context) {
               shared->begin();
               return shared->first.poll(context);
             }).detach();
           }));
  other(run, shared, "waker", [](Blocked& blocked) { blocked.first.come(); });
}

/// It is done, or aborted, and its joiner is told.
void spawn_at_end(Run& run) {
  const auto shared = one_thread();
  const auto handle = std::make_shared<std::optional<runtime::Handle>>();
  block_on(run, shared, twice([=](Context&) {
             handle->emplace(runtime::Handle::current());
             shared->begin();
           }));
  const auto joiner = std::make_shared<Sleeper>();
  other(run, shared, "spawner", [=](Blocked&) {
    const runtime::Handle spawner = *std::exchange(*handle, {});
    auto task = spawner.spawn(runtime::poll_fn(as_future([](Context&) { return true; })));
    try {
      static_cast<void>(joiner->run(task));
    } catch (const runtime::Aborted&) {  // that is all right
    }
  });
}

/// A task that another thread spawns brings the news; the deadlock search looks meanwhile.
void spawn_hope(Run& run) {
  const auto shared = one_thread();
  const auto handle = std::make_shared<std::optional<runtime::Handle>>();
  time_passes(1);
  block_on(run, shared, [=, begun = false](Context& context) mutable {
    if (!std::exchange(begun, true)) handle->emplace(runtime::Handle::current());
    shared->begin();
    return shared->first.poll(context);
  });
  other(run, shared, "spawner", [=](Blocked& blocked) {
    const runtime::Handle spawner = *std::exchange(*handle, {});
    auto brings = [&blocked](Context&) {
      blocked.first.come();
      return true;
    };
    spawner.spawn(runtime::poll_fn(as_future(brings))).detach();
  });
}

/// The call's thread begins, ends the call, and waits, while the task goes to sleep.
void blocking(Run& run, const std::shared_ptr<Blocked>& shared) {
  block_on(run, shared, [shared, call = Task()](Context& context) mutable {
    shared->begin();
    if (!call) call = runtime::spawn_blocking([] {});
    return call->poll(context).is_ready();
  });
}

void blocking_call(Run& run) {
  blocking(run, one_thread());
}
void blocking_virtually(Run& run) {
  blocking(run, one_thread(true));
}

/// The call's thread may be anywhere when block_on ends, and goes on alone.
void blocking_let_go(Run& run) {
  const auto shared = one_thread();
  block_on(run, shared, [shared](Context&) {
    shared->begin();
    const auto call = [shared] { shared->hold(); };
    runtime::spawn_blocking(call, runtime::Leftover::let_go).detach();
    return true;
  });
  other(run, shared, "peer", [](Blocked& blocked) { blocked.let_go(); });
}

}  // namespace

std::vector<Named> thread_scenarios() {
  return {
      {"a wake comes while block_on goes to sleep", real_clock},
      {"a wake comes while block_on looks whether its virtual clock can jump", virtual_clock},
      {"a wake comes while block_on looks for a deadlock", hope},
      {"a wake for nothing comes while block_on looks for a deadlock, and there is one", deadlock},
      {"bytes come while block_on goes to sleep in the kernel", bytes},
      {"a task is woken while its block_on ends", wake_at_end},
      {"another thread spawns a task while block_on ends", spawn_at_end},
      {"another thread spawns the task that brings the news", spawn_hope},
      {"a blocking call ends while block_on goes to sleep", blocking_call},
      {"a blocking call ends while block_on waits for that, with its virtual clock",
       blocking_virtually},
      {"block_on ends and lets a blocking call go", blocking_let_go},
  };
}

}  // namespace explore
