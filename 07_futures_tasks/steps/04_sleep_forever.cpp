// Step 4: the loop polls only after a wake, and our Sleep forgets to arrange one.
//
// The loop is right: to ask again is worth it only when something has happened. So whoever says
// "not yet" must see to it that somebody tells the loop. Sleep does not: this program hangs, or
// would, did it not notice.
//
//   build/07_futures_tasks/steps/04_sleep_forever     what does it do?

#include <chrono>
#include <cstdio>
#include <list>
#include <memory>
#include <optional>
#include <utility>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/report.hpp"
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

/// The right to have the loop poll its future again. Copies speak for the same loop.
class Waker {
 public:
  void wake() const { *woken_ = true; }
  /// For the loop: true if there was a wake since the last time.
  bool take() const { return std::exchange(*woken_, false); }

 private:
  std::shared_ptr<bool> woken_ = std::make_shared<bool>(false);
};

/// What a poll is given: whom to wake when it is worth polling again.
class Context {
 public:
  explicit Context(const Waker& waker) : waker_(waker) {}
  const Waker& waker() const { return waker_; }

 private:
  const Waker& waker_;
};

/// Ready when its time has come.
class Sleep {
 public:
  explicit Sleep(Duration duration) : deadline_(Clock::now() + duration) {}

  Poll<void> poll(Context& context) {
    if (Clock::now() >= deadline_) return done;
    static_cast<void>(context);  // the mistake: nobody will know when that is
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
  Poll<void> poll(Context& context) {
    if (!sleep_) {
      std::printf("start %d\n", number_);
      sleep_.emplace(delay_);
    }
    if (!sleep_->poll(context).is_ready()) return pending;
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

  Poll<void> poll(Context& context) {
    futures_.remove_if([&](F& future) {
      summary.polled();
      return future.poll(context).is_ready();
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

/// Polls `future` until it is ready, each time after a wake. False if it is not, and no wake came:
/// then none will, because nobody else is running.
template <class F>
bool block_on(F future) {
  const Waker waker;
  Context context(waker);
  while (!future.poll(context).is_ready()) {
    if (!waker.take()) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Duration delay = std::chrono::seconds(1);
  common::CommandLine cli("A future that does not arrange to be woken: nothing ever wakes it.",
                          "build/07_futures_tasks/steps/05_sleep_busy");
  cli.add_delay(delay);
  return cli.run(argc, argv, [&] {
    const bool ended = block_on(ten_foos(delay));
    summary.print();
    if (!ended)
      common::print_line("all futures are pending, and nothing is left that could wake them");
    return ended ? 0 : 1;
  });
}
