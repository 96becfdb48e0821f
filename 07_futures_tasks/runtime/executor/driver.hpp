// What does an executor do when it has nothing to run? It waits for descriptors and timers.
#pragma once

#include <cstddef>
#include <optional>

#include "runtime/future/ref.hpp"
#include "runtime/io/reactor.hpp"
#include "runtime/time/timers.hpp"
#include "runtime/trace/trace.hpp"

namespace runtime {

/// The reactor and the timers of one runtime. `turn` is for one thread at a time.
class Driver {
 public:
  Driver(bool virtual_clock, const Ref<Trace>& trace)
      : trace_(trace),
        reactor_(Ref<Reactor>::adopt(new Reactor(trace))),
        timers_(virtual_clock),
        virtual_(virtual_clock) {
    if (trace_) trace_->start(timers_);
  }

  [[nodiscard]] const Ref<Reactor>& reactor() const { return reactor_; }
  [[nodiscard]] Timers& timers() { return timers_; }

  enum class Wait { no, until_next };

  /// One turn of the reactor, which looks at what has come, or waits for it until the next timer;
  /// then fires the timers.
  void turn(Wait wait) {
    if (trace_) trace_->turn_begins(wait == Wait::no ? "look" : "park");
    if (virtual_ && wait == Wait::until_next && timers_.next()) {
      // Time moves only when nothing has come.
      if (reactor_->turn(Duration::zero()) == 0) timers_.jump();
    } else {
      reactor_->turn(wait == Wait::no ? Duration::zero() : until_next());
    }
    const std::size_t fired = timers_.fire();
    if (trace_) trace_->turn_ends(fired);
  }

 private:
  /// How long it may sleep; without a timer, for ever.
  std::optional<Duration> until_next() {
    const auto next = timers_.next();
    if (!next) return std::nullopt;
    return *next - timers_.now();
  }

  const Ref<Trace> trace_;
  const Ref<Reactor> reactor_;
  Timers timers_;
  const bool virtual_;
};

}  // namespace runtime
