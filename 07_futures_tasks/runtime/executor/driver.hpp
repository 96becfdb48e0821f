// What does an executor do when it has nothing to run? It waits for descriptors and timers.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/future/ref.hpp"
#include "runtime/io/reactor.hpp"
#include "runtime/io/selector.hpp"
#include "runtime/time/timers.hpp"
#include "runtime/trace/observer.hpp"

namespace runtime {

/// The reactor and the timers of one runtime. `turn` is for one thread at a time.
class Driver {
 public:
  Driver(bool virtual_clock, const Ref<Observer>& observer, std::unique_ptr<Selector> selector)
      : observer_(observer),
        reactor_(Ref<Reactor>::adopt(new Reactor(observer, std::move(selector)))),
        timers_(Ref<Timers>::adopt(new Timers(virtual_clock))),
        virtual_(virtual_clock) {}

  [[nodiscard]] const Ref<Reactor>& reactor() const { return reactor_; }
  [[nodiscard]] Timers& timers() { return *timers_; }

  enum class Wait {
    no,         ///< looks only
    briefly,    ///< until the next timer; without one, for `kBriefly`, or until something comes
    until_next  ///< until the next timer, or until something comes
  };
  static constexpr Duration kBriefly = std::chrono::milliseconds(100);

  /// One turn of the reactor, then of the timers. True if anything has come. `clock_stands`: a
  /// virtual clock does not jump to the next timer, because somebody is at work elsewhere.
  bool turn(Wait wait, bool clock_stands) {
    if (observer_) observer_->turn_begins(wait == Wait::no ? "look" : "park");
    std::size_t events;
    if (virtual_ && wait != Wait::no && !clock_stands) {
      events = reactor_->turn(Duration::zero());  // time moves only when nothing has come
      const bool stuck = events == 0 && !timers_->jump();
      if (stuck && wait == Wait::until_next) events = reactor_->turn(std::nullopt);
    } else {
      events = reactor_->turn(limit(wait, clock_stands));
    }
    const std::size_t fired = timers_->fire();
    if (observer_) observer_->turn_ends(fired);
    return events + fired > 0;
  }

  /// The runtime has ended: no timer fires any more, and no event is heard.
  void close() noexcept {
    timers_->clear();
    reactor_->close();
  }

 private:
  /// How long it may sleep; std::nullopt is for ever.
  std::optional<Duration> limit(Wait wait, bool clock_stands) {
    if (wait == Wait::no) return Duration::zero();
    const auto next = virtual_ && clock_stands ? std::nullopt : timers_->next();
    if (next) return *next - timers_->now();
    if (wait == Wait::briefly && !clock_stands) return kBriefly;
    return std::nullopt;
  }

  const Ref<Observer> observer_;
  const Ref<Reactor> reactor_;
  const Ref<Timers> timers_;
  const bool virtual_;
};

}  // namespace runtime
