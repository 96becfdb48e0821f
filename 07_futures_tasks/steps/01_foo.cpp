// Step 1: one function as a future, written by hand.
//
// foo prints "start", waits a second, prints "end". As a future it never waits: it returns, and
// says whether it is done. main asks it again and again.
//
//   build/07_futures_tasks/steps/01_foo     how often is it polled?

#include <chrono>
#include <cstdio>

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

}  // namespace

int main(int argc, char** argv) {
  Duration delay = std::chrono::seconds(1);
  common::CommandLine cli("One function as a hand-written future, polled in a loop.",
                          "build/07_futures_tasks/steps/02_join_all");
  cli.add_delay(delay);
  return cli.run(argc, argv, [&] {
    Foo foo(1, delay);
    do {
      summary.polled();
    } while (!foo.poll().is_ready());
    summary.print();
    return 0;
  });
}
