// What guards a few words of a task without being larger than they are? A mutex of four bytes.
#pragma once

#include <atomic>
#include <cstdint>

namespace runtime {

/// A mutex for critical sections of a few instructions: 4 bytes where std::mutex takes 40, which
/// counts when there are a million. Used with std::lock_guard. The states are those of "Futexes
/// are tricky" (U. Drepper): free, locked, and locked with somebody waiting.
class SmallMutex {
 public:
  void lock() noexcept {
    std::uint32_t expected = kFree;
    if (state_.compare_exchange_strong(expected, kLocked, std::memory_order_acquire)) return;
    while (state_.exchange(kContended, std::memory_order_acquire) != kFree) {
      // Relaxed: the exchange above is what takes the lock.
      state_.wait(kContended, std::memory_order_relaxed);
    }
  }

  /// The next owner may have ended the mutex before the call to `notify_one`: that is only given
  /// its address, and at worst wakes somebody for nothing.
  void unlock() noexcept {
    if (state_.exchange(kFree, std::memory_order_release) == kContended) state_.notify_one();
  }

 private:
  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kLocked = 1;
  static constexpr std::uint32_t kContended = 2;

  std::atomic<std::uint32_t> state_ = kFree;
};

}  // namespace runtime
