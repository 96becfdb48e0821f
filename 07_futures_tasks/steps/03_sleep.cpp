// Step 3: to wait is a future of its own.
//
// foo holds a Sleep and polls it: a future inside a future. The loop still asks all the time.
//
//   build/07_futures_tasks/steps/03_sleep     how often is it polled?

#include <chrono>
#include <cstdio>
#include <list>
#include <optional>
#include <utility>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "runtime/future/poll.hpp"
#include "summary.hpp"

namespace {

using common::Clock;
using common::Duration;
using runtime::done;
using runtime::pending;
using runtime::Poll;

/// The ten end one after the other, this far apart.
constexpr Duration kApart = std::chrono::milliseconds(5);

Summary summary;

/// Ready when its time has come.
class Sleep {
 public:
  explicit Sleep(Duration duration) : deadline_(Clock::now() + duration) {}

  Poll<void> poll() {
    if (Clock::now() >= deadline_) return done;
    return pending;
  }

 private:
  const Clock::time_point deadline_;
};

/// A function that prints, waits and prints again, as a future: it can be asked how far it is. What
/// were its parameters and local variables are members.
class Foo {
 public:
  Foo(int number, Duration delay) : number_(number), delay_(delay) {}

  /// Goes on from where it left off, as far as it can.
  Poll<void> poll() {
    if (!sleep_) {
      std::printf("start %d\n", number_);
      sleep_.emplace(delay_);
    }
    if (!sleep_->poll().is_ready()) return pending;
    std::printf("end %d\n", number_);
    return done;
  }

 private:
  const int number_;
  const Duration delay_;
  std::optional<Sleep> sleep_;
};

/// Ready when all of its futures are. It polls them all, each time. They are in a list because a
/// future must not move once it has been polled.
template <class F>
class JoinAll {
 public:
  explicit JoinAll(std::list<F> futures) : futures_(std::move(futures)) {}

  Poll<void> poll() {
    futures_.remove_if([](F& future) {
      summary.polled();
      return future.poll().is_ready();
    });
    if (!futures_.empty()) return pending;
    return done;
  }

 private:
  std::list<F> futures_;
};

/// foo, ten times at once.
JoinAll<Foo> ten_foos(Duration delay) {
  std::list<Foo> foos;
  for (int number = 1; number <= 10; ++number) foos.emplace_back(number, delay + number * kApart);
  return JoinAll(std::move(foos));
}

}  // namespace

int main(int argc, char** argv) {
  Duration delay = std::chrono::seconds(1);
  common::CommandLine cli("A Sleep that is a future, inside ten others, polled in one loop.",
                          "build/07_futures_tasks/steps/04_sleep_forever");
  cli.add_delay(delay);
  return cli.run(argc, argv, [&] {
    auto foos = ten_foos(delay);
    while (!foos.poll().is_ready()) {
    }
    summary.print();
    return 0;
  });
}
