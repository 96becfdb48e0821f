// Can a timer fire for nobody, twice, or after its end? Those who set, fire, move and drop it, and
// a driver that goes to sleep, in every order.
#include <memory>
#include <optional>
#include <vector>

#include "common/clock.hpp"
#include "lab/explore/scenario_parts.hpp"
#include "lab/explore/scenarios.hpp"
#include "runtime/time/timers.hpp"

namespace explore {
namespace {

using common::Clock;
using runtime::Ref;
using runtime::Timer;
using runtime::Timers;

constexpr Clock::time_point at(int seconds) {
  return Clock::time_point(std::chrono::seconds(seconds));
}

/// Two timers, and those who wait for them. Time stands still, but for `jump`.
struct Timed {
  Sleeper first_task;
  Sleeper second_task;
  Sleeper other_task;
  Ref<Timers> timers = Ref<Timers>::adopt(new Timers(true));
  std::optional<Timer> first{std::in_place};
  std::optional<Timer> second{std::in_place};

  void set(std::optional<Timer>& timer, int seconds, Sleeper& task) {
    static_cast<void>(timers->set(*timer, at(seconds), Waker(task)));
  }
  void fire() {
    timers->jump();
    timers->fire();
  }
};

/// As a task polls: until it is woken and the timer has fired.
struct Fired {
  using Output = void;
  Timed& timed;
  std::optional<Timer>& timer;

  runtime::Poll<void> poll(Context& context) {
    if (!timed.timers->change_waker(*timer, context)) return runtime::done;
    return runtime::pending;
  }
};

void set_while_the_driver_goes_to_sleep(Run& run) {
  struct Shared : Timed {
    Atomic<bool> asleep = false;
    Atomic<bool> moved = false;
  };
  const auto shared = std::make_shared<Shared>();
  run.thread("worker", [shared] {
    const bool first = shared->timers->set(*shared->first, at(1), Waker(shared->first_task));
    require(first, "not the first");
    if (shared->asleep) {  // as `wake_driver`
      shared->moved = true;
      shared->moved.notify_one();
    }
  });
  run.thread("driver", [shared] {
    shared->asleep = true;
    if (!shared->timers->next()) shared->moved.wait(false);
    require(shared->timers->next() == at(1), "the driver slept on");
  });
}

void cancel_while_it_fires(Run& run) {
  const auto shared = std::make_shared<Timed>();
  shared->set(shared->first, 1, shared->first_task);
  shared->set(shared->second, 1, shared->second_task);
  run.thread("driver", [shared] { shared->fire(); });
  run.thread("task", [shared] { shared->first.reset(); });
  run.at_end([shared] {
    require(shared->second->fired(), "the other one was lost");
    require(!shared->timers->next(), "something is left in the heap");
  });
}

void move_while_it_fires(Run& run) {
  const auto shared = std::make_shared<Timed>();
  shared->set(shared->first, 1, shared->first_task);
  run.thread("driver", [shared] { shared->fire(); });
  run.thread("task", [shared] {
    Fired fired{*shared, shared->first};
    static_cast<void>(shared->other_task.run(fired));
  });
}

void set_while_another_fires(Run& run) {
  const auto shared = std::make_shared<Timed>();
  shared->set(shared->first, 1, shared->first_task);
  run.thread("driver", [shared] { shared->fire(); });
  run.thread("task", [shared] { shared->set(shared->second, 2, shared->second_task); });
  run.at_end([shared] {
    require(shared->first->fired() && !shared->second->fired(), "another one has fired");
    require(shared->timers->next() == at(2), "the second is not the next");
  });
}

void cancel_while_the_runtime_ends(Run& run) {
  const auto shared = std::make_shared<Timed>();
  shared->set(shared->first, 1, shared->first_task);
  shared->set(shared->second, 2, shared->second_task);
  run.thread("runtime", [shared] {
    shared->timers->clear();
    shared->timers = {};
  });
  run.thread("owner", [shared] { shared->first.reset(); });
}

}  // namespace

std::vector<Named> time_scenarios() {
  return {
      {"a timer is set while the driver goes to sleep", set_while_the_driver_goes_to_sleep},
      {"a timer fires while its task drops it", cancel_while_it_fires},
      {"a timer fires while another task begins to wait for it", move_while_it_fires},
      {"a timer fires while another one is set", set_while_another_fires},
      {"the runtime of a timer ends while its task drops it", cancel_while_the_runtime_ends},
  };
}

}  // namespace explore
