// How many may do it at the same time? As many as there are permits; the others wait in line.
//
// Thread safety: all of it; a future and a permit are for one thread at a time. Invariant: while
// somebody waits, no permit is free. One that comes back is the first one's in line, also before
// that is polled, so that nobody who comes later is served before.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "runtime/channels/wait_list.hpp"
#include "runtime/future/future.hpp"
#include "runtime/future/small_futures.hpp"
#include "runtime/future/waker.hpp"

namespace runtime {

/// Gives out so many permits at a time, to those who have waited longest. Like Tokio's.
///
///     Semaphore lookups(10);  // at most ten at the same time
///     const auto permit = co_await lookups.acquire();
///
/// Must outlive its futures and its permits.
class Semaphore : public WaitList {
 public:
  /// The right to do it: given back when it is destroyed. Move-only.
  class [[nodiscard]] Permit {
   public:
    explicit Permit(Semaphore& semaphore) : semaphore_(&semaphore) {}

    /// Does not give it back: there is one less from now on. Returns whose it was; nullptr if it
    /// was moved from.
    Semaphore* forget() noexcept { return semaphore_.release(); }
    explicit operator bool() const { return semaphore_ != nullptr; }

   private:
    struct GiveBack {
      void operator()(Semaphore* semaphore) const noexcept { semaphore->add_permits(1); }
    };
    std::unique_ptr<Semaphore, GiveBack> semaphore_;
  };

  class [[nodiscard]] Acquire : public Waiting {
   public:
    using Output = std::optional<Permit>;

    explicit Acquire(Semaphore& semaphore) : Waiting(semaphore, 0) {}

    Poll<Output> poll(Context& context) {
      Output permit;
      const auto take = [&](Semaphore& semaphore) { permit.emplace(semaphore); };
      if (!poll_turn(context, take)) return pending;
      return permit;
    }

   protected:
    /// True when it is over. Then, if it got a permit, `use` was called with the semaphore, under
    /// the mutex.
    template <class Use>
    bool poll_turn(Context& context, Use use) {
      return poll_place(context, [&](WaitList& list, const Place& place) {
        auto& semaphore = static_cast<Semaphore&>(list);
        if (!place.served && !semaphore.take()) return semaphore.closed_;
        use(semaphore);
        return true;
      });
    }
  };

  explicit Semaphore(std::size_t permits) : free_(permits) {}

  /// A future of std::optional<Permit>: nothing when the semaphore is closed. To destroy it loses
  /// nothing but the place in line.
  [[nodiscard]] Acquire acquire() { return Acquire(*this); }

  /// A permit without waiting; nothing if none is free, or the semaphore is closed.
  [[nodiscard]] std::optional<Permit> try_acquire() noexcept {
    const std::lock_guard lock(mutex_);
    return take() ? std::optional<Permit>(*this) : std::nullopt;
  }

  /// So many permits more than there were.
  void add_permits(std::size_t count) noexcept {
    while (count > 0) {
      WakeAtEnd woken;
      const std::lock_guard lock(mutex_);
      if (is_empty()) {
        free_ += std::exchange(count, 0);
        woken = at_rest();
      } else {
        --count;
        woken = serve_first();
      }
    }
  }

  /// No more permits are given out, and whoever waits for one is woken.
  void close() noexcept {
    WakeAtEnd woken;
    std::unique_lock lock(mutex_);
    closed_ = true;
    woken = at_rest();
    serve_all(lock);
  }
  [[nodiscard]] bool is_closed() const noexcept {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

 protected:
  // REQUIRES for these: the mutex is held.

  [[nodiscard]] bool take() noexcept {
    if (closed_ || free_ == 0) return false;
    --free_;
    return true;
  }
  /// A permit comes back. Returns whom to wake.
  [[nodiscard]] Waker put_back() noexcept {
    if (is_empty()) ++free_;
    return serve_first();
  }
  /// It was closed, or permits came back and nobody waits for one. Returns whom to wake for that.
  virtual Waker at_rest() noexcept { return Waker(); }

  void pass_on() noexcept override { add_permits(1); }

  // Guarded by the mutex:
  std::size_t free_;
  bool closed_ = false;
};

/// A value that one task at a time may use, also across its `co_await`s. (Where it awaits nothing
/// meanwhile, a std::mutex does, and costs less.) Must outlive its futures and guards. Like
/// Tokio's.
///
///     auto names = co_await shared_names.lock();
///     std::string name = co_await lookup();
///     names->push_back(std::move(name));
template <class T>
class Mutex {
 public:
  /// The value, for as long as it lives. Move-only; one that was moved from throws `NoState`.
  class [[nodiscard]] Guard {
   public:
    Guard(Semaphore::Permit permit, T& value) : permit_(std::move(permit)), value_(&value) {}

    T& operator*() const {
      if (!permit_) throw NoState();
      return *value_;
    }
    T* operator->() const { return &**this; }

   private:
    Semaphore::Permit permit_;
    T* value_;
  };

  explicit Mutex(T value) : value_(std::move(value)) {}

  /// A future of a Guard. Those who wait are served in the order in which they came.
  [[nodiscard]] auto lock() {
    return then(one_.acquire(), [this](std::optional<Semaphore::Permit> permit) {
      return Guard(*std::move(permit), value_);
    });
  }

 private:
  Semaphore one_{1};  // never closed
  T value_;
};

}  // namespace runtime
