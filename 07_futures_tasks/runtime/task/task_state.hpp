// Where is a task in its life? One atomic word knows, and nothing else decides.
#pragma once

#include <atomic>
#include <cstdint>

namespace runtime {

/// The state word of a task. Every change is one read-modify-write with a name, and returns what
/// the caller must do next. Read-modify-writes of one word form one chain: each sees the memory
/// that those before it published, whatever thread they were on.
///
///      63                        4   3        2      1         0
///     +---------------------------+---------+------+---------+-----------+
///     |        references         | aborted | done | running | scheduled |
///     +---------------------------+---------+------+---------+-----------+
///
///                wake / submit            start               complete
///     waiting  ---------------> scheduled ------> running -----------------> done
///        ^                          ^                |
///        |        stop              |  stop, if woken while it ran / submit
///        +--------------------------+----------------+
class TaskState {
 public:
  enum class Next { nothing, submit };
  enum class Start { poll, cancel };

  /// A new task is scheduled, and has two references: its scheduler's, which ends when it is done,
  /// and its JoinHandle's. A waker is one more. Being in a queue needs none: a task that is
  /// scheduled is not done.
  TaskState() = default;

  /// Somebody has news for the task.
  [[nodiscard]] Next wake() noexcept { return schedule(kScheduled); }

  /// It is to be destroyed instead of polled. Whoever runs it next does so: the thread that aborts
  /// it may hold locks that its destructors need.
  [[nodiscard]] Next abort() noexcept { return schedule(kScheduled | kAborted); }

  /// Out of the queue, onto a thread. REQUIRES: scheduled, not running, not done.
  [[nodiscard]] Start start() noexcept {
    // Acquire: what was written before each wake so far. Release: so that a wake from now on, which
    // finds `scheduled` clear, comes after this in the chain.
    const std::uint64_t before = word_.fetch_xor(kScheduled | kRunning, std::memory_order_acq_rel);
    return (before & kAborted) != 0 ? Start::cancel : Start::poll;
  }

  /// Its poll returned pending. If it was woken meanwhile, it is to be submitted again, by the
  /// thread that ran it: a wake of a running task only marks it. REQUIRES: running.
  [[nodiscard]] Next stop() noexcept {
    const std::uint64_t before = word_.fetch_and(~kRunning, std::memory_order_acq_rel);
    return (before & kScheduled) != 0 ? Next::submit : Next::nothing;
  }

  /// Its future is destroyed and its output is there. REQUIRES: running.
  void complete() noexcept { word_.fetch_xor(kRunning | kDone, std::memory_order_acq_rel); }

  /// As `start`, whatever its state, for a scheduler at its end. REQUIRES: not done; no other
  /// thread runs it, and no queue that anybody looks at has it.
  Start seize() noexcept {
    word_.fetch_or(kRunning | kScheduled, std::memory_order_acq_rel);
    return Start::cancel;
  }

  /// True for good once `complete` was called.
  [[nodiscard]] bool is_done() const noexcept {
    return (word_.load(std::memory_order_acquire) & kDone) != 0;
  }

  // Relaxed: whoever adds one has one already.
  void add_ref() noexcept { word_.fetch_add(kReference, std::memory_order_relaxed); }
  /// True for the last one: the task is to be deleted.
  [[nodiscard]] bool release() noexcept {
    return word_.fetch_sub(kReference, std::memory_order_acq_rel) / kReference == 1;
  }
  /// How many there are. REQUIRES: nobody changes that meanwhile, or an old answer will do.
  [[nodiscard]] std::uint64_t references() const noexcept {
    return word_.load(std::memory_order_acquire) / kReference;
  }

 private:
  // In a queue, or about to be put there by whoever set it; or, together with kRunning, woken while
  // it runs. Set by `wake` and `abort`, cleared by `start` alone. Means nothing once it is done.
  static constexpr std::uint64_t kScheduled = 1;
  // A thread polls or destroys its future; that thread alone touches the future. Set by `start`,
  // cleared by `stop` and `complete`, always by the same thread.
  static constexpr std::uint64_t kRunning = 2;
  // The future is gone. Set once, by `complete`; never cleared.
  static constexpr std::uint64_t kDone = 4;
  // To be destroyed, not polled. Set by `abort`, also when it comes too late; never cleared.
  static constexpr std::uint64_t kAborted = 8;
  static constexpr std::uint64_t kReference = 16;

  /// Sets `flags` even where nothing follows from it, so that what the caller wrote before is seen
  /// by whoever starts the task next.
  Next schedule(std::uint64_t flags) noexcept {
    const std::uint64_t before = word_.fetch_or(flags, std::memory_order_acq_rel);
    return (before & (kScheduled | kRunning | kDone)) == 0 ? Next::submit : Next::nothing;
  }

  std::atomic<std::uint64_t> word_ = 2 * kReference + kScheduled;
};

}  // namespace runtime
