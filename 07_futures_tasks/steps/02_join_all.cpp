// Step 2: many futures, one loop.
//
// Ten of them wait at the same time, on one thread, and take one second.
//
//   build/07_futures_tasks/steps/02_join_all     how often is it polled?

#include <chrono>
#include <cstdio>
#include <list>
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

/// A function that prints, waits and prints again, as a future: it can be asked how far it is. What
/// were its parameters and local variables are members.
class Foo {
 public:
  Foo(int number, Duration delay) : number_(number), delay_(delay) {}

  /// Goes on from where it left off, as far as it can.
  Poll<void> poll() {
    if (!started_) {
      std::printf("start %d\n", number_);
      end_ = Clock::now() + delay_;
      started_ = true;
    }
    if (Clock::now() < end_) return pending;
    std::printf("end %d\n", number_);
    return done;
  }

 private:
  const int number_;
  const Duration delay_;
  bool started_ = false;
  Clock::time_point end_{};
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
  common::CommandLine cli("Ten hand-written futures, polled in one loop.",
                          "build/07_futures_tasks/steps/03_sleep");
  cli.add_delay(delay);
  return cli.run(argc, argv, [&] {
    auto foos = ten_foos(delay);
    while (!foos.poll().is_ready()) {
    }
    summary.print();
    return 0;
  });
}
