// Does a process do anything? It is asked what its threads do, and how often each went to sleep.
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "common/clock.hpp"

namespace matrix {

/// What all threads of a process have done so far.
struct Activity {
  bool asleep = false;     ///< all of them, now
  std::size_t sleeps = 0;  ///< how often they went to sleep
  common::Duration cpu{};  ///< what they used
};

/// Throws std::runtime_error where the process has ended.
Activity activity(pid_t pid);

/// True if our child ends within a fraction of a second, or is not kept from running and ends then.
bool ends_soon(pid_t pid);

/// Waits until a process sleeps, all the time from one look to the next; or has used `spin` of CPU
/// time instead, and so will not: then false. Not for one that has more than that to do.
bool comes_to_rest(pid_t pid, common::Duration spin = std::chrono::milliseconds(100));

/// The proof that a server lets somebody wait. On a busy machine any server may take its time, so
/// time alone proves nothing: in it, the server must have slept for a second without a break,
/// although something was asked of it, or have used half a second of CPU time on other things.
class Silence {
 public:
  explicit Silence(pid_t pid) : pid_(pid), begin_(activity(pid)), last_(begin_) {}

  /// To be asked again and again.
  bool proves_stall();

 private:
  pid_t pid_;
  Activity begin_;
  Activity last_;
  common::Clock::time_point since_ = common::Clock::now();
};

}  // namespace matrix
