// How does the explorer get between two operations of the real code? The code does not know it.
//
// The build puts this file before every source of the explorer's programs. Inside of namespace
// runtime, `std` then means the one below: an atomic or a mutex of the runtime is one of these, and
// everything else in it is that of the library. Not a line of the runtime is changed for it.
//
// One order of operations for all, as with std::memory_order_seq_cst: whether a weaker one is
// enough is not asked here. That is for the thread sanitizer, and for the processor.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "runtime/explore/step.hpp"

namespace runtime::std {

using namespace ::std;

template <class T>
class atomic {
 public:
  atomic() noexcept : atomic(T()) {}
  atomic(T value) noexcept : value_(value) { explore::begins(this); }
  ~atomic() {
    step("end", Place{});
    explore::ends(this);
  }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(memory_order = {}, Place where = Place::here()) const noexcept {
    explore::take_turn({this, "load", where, true});
    explore::saw(shown(value_), shown(value_));
    return value_;
  }
  operator T() const noexcept { return load(); }

  void store(T value, memory_order = {}, Place where = Place::here()) noexcept {
    change("store", where, value);
  }
  T operator=(T value) noexcept {
    store(value);
    return value;
  }
  T exchange(T value, memory_order = {}, Place where = Place::here()) noexcept {
    return change("exchange", where, value);
  }

  bool compare_exchange_strong(T& expected, T desired, memory_order, memory_order,
                               Place where = Place::here()) noexcept {
    return compare(expected, desired, where);
  }
  bool compare_exchange_strong(T& expected, T desired, memory_order = {},
                               Place where = Place::here()) noexcept {
    return compare(expected, desired, where);
  }
  bool compare_exchange_weak(T& expected, T desired, memory_order, memory_order,
                             Place where = Place::here()) noexcept {
    return compare(expected, desired, where);
  }
  bool compare_exchange_weak(T& expected, T desired, memory_order = {},
                             Place where = Place::here()) noexcept {
    return compare(expected, desired, where);
  }

  T fetch_add(T by, memory_order = {}, Place where = Place::here()) noexcept {
    step("fetch_add", where);
    return become(static_cast<T>(value_ + by));
  }
  T fetch_sub(T by, memory_order = {}, Place where = Place::here()) noexcept {
    step("fetch_sub", where);
    return become(static_cast<T>(value_ - by));
  }
  T fetch_and(T bits, memory_order = {}, Place where = Place::here()) noexcept {
    step("fetch_and", where);
    return become(value_ & bits);
  }
  T fetch_or(T bits, memory_order = {}, Place where = Place::here()) noexcept {
    step("fetch_or", where);
    return become(value_ | bits);
  }
  T fetch_xor(T bits, memory_order = {}, Place where = Place::here()) noexcept {
    step("fetch_xor", where);
    return become(value_ ^ bits);
  }

  /// Sleeps until it is notified; whoever came first is the first. Never ends without a reason.
  void wait(T old, memory_order = {}, Place where = Place::here()) const noexcept {
    step("wait", where);
    while (value_ == old) {
      const unsigned ticket = came_++;
      const function<bool()> notified = [this, ticket] { return notified_ > ticket; };
      explore::take_turn({this, "wakes up", where, false, &notified});
      explore::saw(shown(value_), shown(value_));
    }
  }
  void notify_one(Place where = Place::here()) noexcept {
    step("notify_one", where);
    if (notified_ < came_) ++notified_;
  }
  void notify_all(Place where = Place::here()) noexcept {
    step("notify_all", where);
    notified_ = came_;
  }

 private:
  void step(const char* what, Place where) const noexcept {
    explore::take_turn({this, what, where});
    explore::saw(shown(value_), shown(value_));
  }
  T become(T value) noexcept {
    explore::saw(shown(value_), shown(value));
    return ::std::exchange(value_, value);
  }
  T change(const char* what, Place where, T value) noexcept {
    step(what, where);
    return become(value);
  }
  bool compare(T& expected, T desired, Place where) noexcept {
    step("compare_exchange", where);
    if (value_ != expected) {
      expected = value_;
      return false;
    }
    become(desired);
    return true;
  }
  /// An address is not the same in every run: 1 is any but null.
  static uint64_t shown(T value) noexcept {
    if constexpr (is_pointer_v<T>)
      return value == nullptr ? 0 : 1;
    else
      return static_cast<uint64_t>(value);
  }

  T value_;
  mutable unsigned came_ = 0;  // how often somebody began to wait
  unsigned notified_ = 0;      // how many of those may go on
};

class mutex {
 public:
  mutex() noexcept { explore::begins(this); }
  ~mutex() {
    explore::take_turn({this, "end", {}});
    explore::ends(this);
  }
  mutex(const mutex&) = delete;

  void lock() noexcept {
    const function<bool()> is_free = [this] { return !locked_; };
    explore::take_turn({this, "lock", kMutex, false, &is_free});
    locked_ = true;
  }
  void unlock() noexcept {
    explore::take_turn({this, "unlock", kMutex});
    locked_ = false;
  }

 private:
  static constexpr Place kMutex{"", "mutex", 0};

  bool locked_ = false;
};

/// Takes the mutex above. No scenario waits for one.
using condition_variable = ::std::condition_variable_any;

}  // namespace runtime::std

// The mutex of four bytes is explored by itself, under another name. Everybody else gets one whose
// `lock` is one step: or each order would come with all that two threads can do to such a mutex.
#define SmallMutex RealSmallMutex
#include "runtime/small_mutex.hpp"
#undef SmallMutex

namespace runtime {

using SmallMutex = std::mutex;

}  // namespace runtime
