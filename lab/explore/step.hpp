// What does a thread do that another thread may notice? A step.
//
// A step is one operation on something that threads share: an atomic, a mutex, a `Watched`; and all
// that the thread does from there to its next one. The threads of a `Run` take their steps in turn,
// never two at once. On any other thread the functions here do nothing.
#pragma once

#include <cstdint>
#include <functional>
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
};

/// Returns when it is this thread's turn to take the step. If the object has ended, it never does.
void take_turn(const Step& step) noexcept;
/// What the step has found, and what it left there. For the picture.
void saw(std::uint64_t before, std::uint64_t after) noexcept;

/// The run fails, with this reason, unless `holds`.
void require(bool holds, const char* reason);

/// A thing that threads share begins its life: from here to `ends` it may be in a step.
void begins(const void* object) noexcept;
void ends(const void* object) noexcept;

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
  /// The same, as soon as `possible` says so.
  void wait_until(const char* what, const std::function<bool()>& possible,
                  Place where = Place::here()) const noexcept {
    take_turn({this, what, where, false, &possible});
  }
};

}  // namespace explore
