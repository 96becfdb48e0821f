// Where does a waker wait that one thread may store while another one takes it? In a word.
#pragma once

#include <atomic>

#include "runtime/future/context.hpp"
#include "runtime/future/waker.hpp"

namespace runtime {

/// A place for one waker. Thread safety: all of it. The idea is that of `AtomicWaker` in Rust's
/// futures.
///
/// Whoever waits stores, then looks whether the news are there; whoever has news writes them down,
/// then takes. All four are of one order (that is why none of them is relaxed), so at least one of
/// the two sees the other.
class AtomicWaker {
 public:
  AtomicWaker() = default;
  AtomicWaker(AtomicWaker&&) = delete;
  ~AtomicWaker() { static_cast<void>(take()); }

  /// From here on it wakes `context`'s task. Returns the waker that was here before, if that was
  /// another task's.
  Waker store(const Context& context) {
    if (context.is_for(target_.load())) return Waker();
    return Waker::adopt(target_.exchange(context.waker().leak()));
  }

  /// Leaves the place empty, and returns what was there.
  [[nodiscard]] Waker take() noexcept {
    return target_.load() == nullptr ? Waker() : Waker::adopt(target_.exchange(nullptr));
  }

  /// Takes who is here, if anybody is, and wakes them: then true.
  bool take_and_wake() noexcept {
    Waker waker = take();
    if (!waker) return false;
    std::move(waker).wake();
    return true;
  }

 private:
  std::atomic<Wakeable*> target_ = nullptr;
};

}  // namespace runtime
