// How is a thread woken that is no task? As a task is: with a waker, which wakes a parker.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/future/waker.hpp"

namespace runtime {

/// Wakes a thread that is no task, such as the one that called `block_on`. Shared by its wakers: it
/// ends with the last of these, so that a wake may come at any time.
class Parker final : public Wakeable {
 public:
  void wake() noexcept override {
    woken_.store(true, std::memory_order_release);
    woken_.notify_all();
  }
  void add_ref() noexcept override { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept override {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  [[nodiscard]] bool woken() const noexcept { return woken_.load(std::memory_order_acquire); }
  /// Sleeps until somebody wakes it.
  void wait() const noexcept { woken_.wait(false, std::memory_order_acquire); }
  /// The next wake counts again. REQUIRES: called by the thread that waits.
  void reset() noexcept { woken_.store(false, std::memory_order_release); }

 private:
  std::atomic<std::uint32_t> references_ = 1;
  std::atomic<bool> woken_ = false;
};

}  // namespace runtime
