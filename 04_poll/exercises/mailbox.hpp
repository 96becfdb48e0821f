// Exercise: a mailbox. How does another thread wake a loop that sleeps in poll?
#pragma once

#include <sys/eventfd.h>

#include <functional>
#include <mutex>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"

/// Work that any thread may hand to the thread of a poll loop.
///
/// The loop puts `fd()` on its list, and calls `run` when it is readable. An eventfd is a counter
/// in the kernel: write adds the eight bytes that it is given, read takes the whole of it, and poll
/// finds it readable while it is not zero. See eventfd(2).
/// Thread safety: `post` may be called from any thread, also by a job; `run` is for the loop's.
class Mailbox {
 public:
  using Job = std::function<void()>;

  /// To be watched for POLLIN. Readable as long as a job waits that no `run` has begun to take.
  [[nodiscard]] int fd() const { return wake_up_.get(); }

  /// Leaves a job for the loop, and wakes it. Writes only if no other job waits: whoever left that
  /// one has woken the loop, or is about to.
  void post(Job job);

  /// Does all jobs that wait now, in order; at once if there are none. A job that is posted
  /// meanwhile is for the next `run`, so that a job that posts itself again keeps nobody waiting,
  /// and `fd()` tells of it.
  void run();

 private:
  common::Fd wake_up_{common::check(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")};
  std::mutex mutex_;
  std::vector<Job> jobs_;
};
