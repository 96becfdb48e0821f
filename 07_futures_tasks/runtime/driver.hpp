// What does an executor do when it has nothing to run? It waits for descriptors and timers.
#pragma once

#include "reactor.hpp"
#include "timers.hpp"

namespace runtime {

/// The reactor and the timers of one runtime. `turn` is for one thread at a time.
class Driver {
 public:
  explicit Driver(bool virtual_clock)
      : reactor_(Ref<Reactor>::adopt(new Reactor)),
        timers_(virtual_clock),
        virtual_(virtual_clock) {}

  [[nodiscard]] const Ref<Reactor>& reactor() const { return reactor_; }
  [[nodiscard]] Timers& timers() { return timers_; }

  enum class Wait { no, until_next };

  /// One turn of the reactor, which looks at what has come, or waits for it until the next timer;
  /// then fires the timers.
  void turn(Wait wait) {
    if (virtual_ && wait == Wait::until_next && timers_.next()) {
      // Time moves only when nothing has come.
      if (reactor_->turn(Duration::zero()) == 0) timers_.jump();
    } else {
      reactor_->turn(wait == Wait::no ? Duration::zero() : until_next());
    }
    timers_.fire();
  }

 private:
  /// How long it may sleep; without a timer, for ever.
  std::optional<Duration> until_next() {
    const auto next = timers_.next();
    if (!next) return std::nullopt;
    return *next - timers_.now();
  }

  const Ref<Reactor> reactor_;
  Timers timers_;
  const bool virtual_;
};

}  // namespace runtime
