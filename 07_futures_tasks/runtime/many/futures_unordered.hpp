// How does one task wait for many futures, and poll only those that have news? It gives each a
// waker of its own. This is a scheduler within a task.
//
// Thread safety: the children's wakers are for any thread, the set for one at a time. Invariants:
//  1. A child that was woken, and is not polled, is in the ready queue: once, and no other child
//     is. So only those are polled that were woken.
//  2. The parent's waker is kept only while the queue is empty: who puts a child there takes it.
//  3. A child's future is destroyed once, by who polls or destroys the set. The child itself lasts
//     as long as its last waker. Then a wake does nothing.
//  4. Nothing is woken or destroyed under the mutex.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

#include "runtime/future/future.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/future/waker.hpp"
#include "runtime/task/small_mutex.hpp"
#include "runtime/task/task_list.hpp"

namespace runtime {

/// Futures of one kind, whose results come in the order in which they are ready. To destroy it is
/// to cancel what is left in it. Like Rust's `FuturesUnordered`. (`block_on` finds no deadlock that
/// a set waits in: it cannot tell that nobody has a child's waker.)
///
///     FuturesUnordered<Async<int>> sums;
///     for (int i = 0; i < 10; ++i) sums.push(sum_of(i));
///     for (;;) {
///       const auto sum = co_await sums.next();
///       if (!sum) break;
///       std::cout << *sum << '\n';
///     }
template <Future F>
class FuturesUnordered {
 public:
  /// What `next` returns. The set outlives it.
  class [[nodiscard]] Next {
   public:
    /// The result of a future of void is `Done`: for those, too, only an empty set has none.
    using Output = std::optional<Stored<OutputOf<F>>>;

    explicit Next(FuturesUnordered& set) : set_(set) {}
    Next(Next&& other) noexcept : set_(other.set_), waits_(std::exchange(other.waits_, false)) {}
    ~Next() {
      if (waits_) set_.ready_->forget_parent();
    }

    Poll<Output> poll(Context& context) {
      auto result = set_.poll_next(context);
      waits_ = !result.is_ready();
      return result;
    }

   private:
    FuturesUnordered& set_;
    bool waits_ = false;
  };

  FuturesUnordered() = default;
  FuturesUnordered(FuturesUnordered&&) = delete;
  ~FuturesUnordered() {
    ready_->close();
    while (Child* const child = children_.newest()) remove(*child);
  }

  /// One more. A task that waits for `next` is woken to poll it. Futures in the set may call this.
  void push(F future) {
    auto* const child = new Child(std::move(future), ready_);
    children_.insert(*child);
    ++size_;
    ready_->wake(*child);
  }

  /// The next result; std::nullopt when the set is empty. Throws what a future throws: that one is
  /// gone then, and the others go on. To destroy a Next that is not ready loses nothing. One waits
  /// at a time.
  Next next() { return Next(*this); }

  /// Calls `function` with each future in the set.
  template <class Function>
  void for_each(Function function) {
    for (Child* child = children_.newest(); child != nullptr; child = child->older) {
      function(*child->future);
    }
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  class ReadyQueue;

  struct Child final : RefCounted, Wakeable {
    Child(F f, Ref<ReadyQueue> queue) : future(std::move(f)), ready(std::move(queue)) {}
    void wake() noexcept override { ready->wake(*this); }
    void add_ref() noexcept override { RefCounted::add_ref(); }
    void release() noexcept override { RefCounted::release(); }

    std::optional<F> future;  // its end is not the child's
    const Ref<ReadyQueue> ready;
    Child* older = nullptr;
    Child* newer = nullptr;
    // Guarded by the mutex of the queue. Who is done stays polled: it is never queued again.
    enum { waits, queued, polled, polled_and_woken } state = waits;
    Child* next_scheduled = nullptr;
  };

  /// What the set shares with its children, which may outlive it.
  class ReadyQueue final : public RefCounted {
   public:
    /// A child was woken, or is new.
    void wake(Child& child) noexcept {
      WakeAtEnd parent;
      const std::lock_guard lock(mutex_);
      if (child.state == Child::polled) child.state = Child::polled_and_woken;
      if (child.state != Child::waits || closed_) return;
      push(child);
      parent = std::exchange(parent_, Waker());
    }
    /// Takes the first child out, to be polled. If there is none: nullptr, and the next one that
    /// comes wakes `context`'s task.
    Child* pop(const Context& context) {
      Waker dropped;
      const std::lock_guard lock(mutex_);
      Child* const child = children_.pop();
      if (child != nullptr) {
        child->state = Child::polled;
      } else if (!context.is_stored_in(parent_)) {
        dropped = std::exchange(parent_, context.waker());
      }
      return child;
    }
    /// Its poll returned pending. Who was woken meanwhile goes to the end.
    void stop(Child& child) noexcept {
      const std::lock_guard lock(mutex_);
      const bool woken = child.state == Child::polled_and_woken;
      child.state = Child::waits;
      if (woken) push(child);
    }
    void forget_parent() noexcept {
      Waker dropped;
      const std::lock_guard lock(mutex_);
      dropped = std::exchange(parent_, Waker());
    }
    /// The set is about to go: its children are not to be touched any more.
    void close() noexcept {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }

   private:
    void push(Child& child) noexcept {
      child.state = Child::queued;
      children_.push(child);
    }

    SmallMutex mutex_;  // guards what follows
    bool closed_ = false;
    Queue<Child> children_;
    Waker parent_;
  };

  /// The budget bounds it: when that is spent, the task goes to the end of its queue, as a child
  /// that wakes itself goes to the end of this one.
  Poll<typename Next::Output> poll_next(Context& outer) {
    while (!empty()) {
      if (!outer.spend()) return pending;
      Child* const child = ready_->pop(outer);
      if (child == nullptr) {
        outer.take_back();
        return pending;
      }
      Context context(*child, outer);
      try {
        auto result = child->future->poll(context);
        if (result.is_ready()) {
          remove(*child);
          return typename Next::Output(std::move(result).stored());
        }
      } catch (...) {
        remove(*child);
        throw;
      }
      ready_->stop(*child);
    }
    return typename Next::Output();
  }

  /// Ends the future, and the set's reference. REQUIRES: no wake can queue the child.
  void remove(Child& child) noexcept {
    children_.erase(child);
    --size_;
    child.future.reset();
    child.release();
  }

  const Ref<ReadyQueue> ready_ = Ref<ReadyQueue>::adopt(new ReadyQueue);
  List<Child> children_;
  std::size_t size_ = 0;
};

}  // namespace runtime
