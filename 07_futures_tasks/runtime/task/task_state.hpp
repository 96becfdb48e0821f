// Where is a task in its life? One atomic word knows, and nothing else decides.
#pragma once

#include <atomic>
#include <cstdint>

namespace runtime {

/// The state word of a task. Every change is one read-modify-write with a name, and returns what
/// the caller must do next. Read-modify-writes of one word form one chain: each sees the memory
/// that those before it published, whatever thread they were on.
///
///      63          6   5        4        3         2      1         0
///     +-------------+--------+--------+---------+------+---------+-----------+
///     | references  | joiner | handle | aborted | done | running | scheduled |
///     +-------------+--------+--------+---------+------+---------+-----------+
///
///                wake / submit            start               complete
///     waiting  ---------------> scheduled ------> running -----------------> done
///        ^                          ^                |
///        |        stop              |  stop, if woken while it ran / submit
///        +--------------------------+----------------+
///
/// References are had by: its scheduler, until it is done; its JoinHandle; each waker; and the
/// *run*, from the wake that schedules it to the stop after which it waits: so the thread that is
/// about to put a task into a queue has a task to put there, also when its scheduler ends
/// meanwhile.
class TaskState {
 public:
  enum class Next { nothing, submit, destroy };
  enum class Start { poll, cancel };

  /// A new task is scheduled: its run, its scheduler and its JoinHandle refer to it.
  TaskState() = default;

  /// Somebody has news for the task. `submit`: the caller is to put it into the queue.
  [[nodiscard]] Next wake() noexcept { return schedule(kScheduled, 0); }

  /// The same by a waker that goes: its reference becomes the run's, or else is dropped. `destroy`:
  /// it was the last one.
  [[nodiscard]] Next wake_and_release() noexcept { return schedule(kScheduled, kReference); }

  /// It is to be destroyed instead of polled. Whoever runs it next does so: the thread that aborts
  /// it may hold locks that its destructors need.
  [[nodiscard]] Next abort() noexcept { return schedule(kScheduled | kAborted, 0); }

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
    const std::uint64_t before = change([](std::uint64_t word) {
      return (word & kScheduled) != 0 ? word - kRunning : word - kRunning - kReference;
    });
    return (before & kScheduled) != 0 ? Next::submit : Next::nothing;
  }

  /// What the task finds at its end.
  struct End {
    bool has_handle;  // which takes the output; without one, the task destroys it
    bool has_joiner;  // whose waker is now the task's, to be woken
  };
  /// Its future is destroyed and its output is there. REQUIRES: running.
  End complete() noexcept {
    const std::uint64_t before = word_.fetch_xor(kRunning | kDone, std::memory_order_acq_rel);
    return {(before & kHandle) != 0, (before & kJoiner) != 0};
  }

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

  // For the JoinHandle. The place of the joiner's waker is the handle's to write while `joiner` is
  // not set; from `complete` on, if it is set then, it is the task's.

  /// The joiner's waker is in its place. False if the task was done before, and has not seen it.
  [[nodiscard]] bool set_joiner() noexcept {
    return (word_.fetch_or(kJoiner, std::memory_order_acq_rel) & kDone) == 0;
  }
  /// True if the place is the handle's again; false if the task is done, which has taken it over.
  [[nodiscard]] bool take_back_joiner() noexcept {
    return (word_.fetch_and(~kJoiner, std::memory_order_acq_rel) & kDone) == 0;
  }
  /// Relaxed: only the handle asks, about what the handle did.
  [[nodiscard]] bool has_joiner() const noexcept {
    return (word_.load(std::memory_order_relaxed) & kJoiner) != 0;
  }
  /// The handle goes. True if the task was done: the output is then the handle's to destroy.
  [[nodiscard]] bool drop_handle() noexcept {
    return (word_.fetch_and(~kHandle, std::memory_order_acq_rel) & kDone) != 0;
  }

  // Relaxed: whoever adds one has one already.
  void add_ref() noexcept { word_.fetch_add(kReference, std::memory_order_relaxed); }
  /// Drops `count`. True for the last one: the task is to be deleted.
  [[nodiscard]] bool release(std::uint64_t count = 1) noexcept {
    const std::uint64_t by = count * kReference;
    return word_.fetch_sub(by, std::memory_order_acq_rel) / kReference == count;
  }
  /// How many wakers there are of a task that waits. An old answer, if somebody changes that.
  [[nodiscard]] std::uint64_t wakers() const noexcept {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    return word / kReference - ((word & kHandle) != 0 ? 2 : 1);
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
  // A JoinHandle will take the output. Set from the beginning, cleared by `drop_handle`: whichever
  // comes second, that or `complete`, destroys the output.
  static constexpr std::uint64_t kHandle = 16;
  // The joiner's waker is in its place. Set and cleared by the JoinHandle's thread alone.
  static constexpr std::uint64_t kJoiner = 32;
  static constexpr std::uint64_t kReference = 64;

  /// One read-modify-write by a function. Returns the word before.
  template <class Function>
  std::uint64_t change(Function function) noexcept {
    std::uint64_t before = word_.load(std::memory_order_relaxed);
    // Acquire and release even where nothing follows from a wake: what the caller wrote before is
    // to be seen by whoever starts the task next. Relaxed where it failed: it is tried again.
    while (!word_.compare_exchange_weak(before, function(before), std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
    }
    return before;
  }

  /// Sets `flags` for somebody who has `given` to give: one reference, or none.
  Next schedule(std::uint64_t flags, std::uint64_t given) noexcept {
    constexpr std::uint64_t kNotWaiting = kScheduled | kRunning | kDone;
    const std::uint64_t before = change([=](std::uint64_t word) {
      return (word | flags) - given + ((word & kNotWaiting) == 0 ? kReference : 0);
    });
    if ((before & kNotWaiting) == 0) return Next::submit;
    return given != 0 && before / kReference == 1 ? Next::destroy : Next::nothing;
  }

  std::atomic<std::uint64_t> word_ = 3 * kReference + kHandle + kScheduled;
};

}  // namespace runtime
