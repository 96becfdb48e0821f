// How is a thread woken that is no task? As a task is: with a waker, which wakes a parker.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "runtime/future/ref.hpp"
#include "runtime/future/waker.hpp"

namespace runtime {

/// Wakes a thread that is no task: the one that called `block_on`.
class Parker final : public Wakeable, public RefCounted {
 public:
  void wake() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      woken_.store(true, std::memory_order_release);
    }
    changed_.notify_all();
  }
  void add_ref() noexcept override { RefCounted::add_ref(); }
  void release() noexcept override { RefCounted::release(); }

  [[nodiscard]] bool woken() const noexcept { return woken_.load(std::memory_order_acquire); }
  /// Sleeps until somebody wakes it.
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return woken(); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> woken_ = false;
};

}  // namespace runtime
