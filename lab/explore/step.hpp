// What does a thread do that another thread may notice? A step.
//
// A step is one operation on something that threads share: an atomic, a mutex, a `Watched`; and all
// that the thread does from there to its next one. The threads of a `Run` take their steps in turn,
// never two at once. On any other thread the functions here do nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "runtime/trace/place.hpp"

namespace explore {

using runtime::Place;

/// What a thread is about to do.
struct Step {
  const void* object = nullptr;
  const char* what = "";
  Place where{};
  bool only_reads = false;
  const std::function<bool()>* possible = nullptr;  ///< until then the thread is blocked
  bool lets_go = false;       ///< nothing comes of an interruption before it that does not after
  bool may_time_out = false;  ///< it may go on without that, see `time_passes`
};

/// A thread of the run begins, and goes to its first step.
void begin_thread(std::function<void()> body);

/// In between, nobody is interrupted who can go on: for what comes before, and after, what is to be
/// explored.
void calm(bool is_calm) noexcept;
/// A wait that has a limit may come to it when nobody can go on; and, so often for each thread,
/// also before. Otherwise all wait for ever: or a wake that is lost would just be one that is late.
void time_passes(unsigned early) noexcept;

/// Returns when it is this thread's turn to take the step. If the object has ended, it never does.
void take_turn(const Step& step) noexcept;
/// What the step has found, and what it left there. For the picture.
void saw(std::uint64_t before, std::uint64_t after) noexcept;

/// True if the program is to show what happens without a certain line of the runtime.
bool broken(const char* flag);

/// The run fails, with this reason, unless `holds`.
void require(bool holds, const char* reason);

/// A thing that threads share begins its life: from here to `ends` it may be in a step.
void begins(void* object) noexcept;  // not const: or compilers fear that it is read
void ends(const void* object) noexcept;

/// What plays the kernel in the run that is going on, from its first call to the run's end.
std::shared_ptr<void>& kernel_of_run();

/// A part of what threads share that is no atomic and no mutex: the kernel, a queue, a future.
class Watched {
 public:
  Watched() noexcept { begins(this); }
  ~Watched() {
    take_turn({this, "end", {}});
    ends(this);
  }
  Watched(Watched&&) = delete;

  /// A step: what the thread does next is done to this.
  void touch(const char* what, Place where = Place::here()) const noexcept {
    take_turn({this, what, where});
  }
  /// The same, as soon as `possible` says so, or when its time is over.
  void wait_until(const char* what, const std::function<bool()>& possible,
                  bool may_time_out = false, Place where = Place::here()) const noexcept {
    take_turn({this, what, where, false, &possible, false, may_time_out});
  }
};

}  // namespace explore
