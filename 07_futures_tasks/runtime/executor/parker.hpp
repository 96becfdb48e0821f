// How is a thread woken that is no task? As a task is: with a waker, which wakes a parker.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "runtime/future/waker.hpp"

namespace runtime {

/// Wakes a thread that is no task, such as the one that called `block_on`. Shared by its wakers: it
/// ends with the last of these, so that a wake may come at any time. (A std::atomic can be waited
/// for, too; but the thread sanitizer runs no signal handler on a thread that waits so.)
class Parker final : public Wakeable {
 public:
  void wake() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      woken_.store(true, std::memory_order_release);
    }
    changed_.notify_all();
  }
  void add_ref() noexcept override { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept override {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  [[nodiscard]] bool woken() const noexcept { return woken_.load(std::memory_order_acquire); }
  /// Sleeps until somebody wakes it.
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return woken(); });
  }

 private:
  std::atomic<std::uint32_t> references_ = 1;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> woken_ = false;
};

}  // namespace runtime
