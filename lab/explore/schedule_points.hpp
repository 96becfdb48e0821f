// How does the explorer get between two operations of the real code? The code does not know it.
//
// The build puts this file before every source of the explorer's programs. Inside of namespace
// runtime, `std` then means the one below: an atomic or a mutex of the runtime is one of these, and
// everything else in it is that of the library. Not a line of the runtime is changed for it.
//
// One order of operations for all, as with std::memory_order_seq_cst: whether a weaker one is
// enough is not asked here. That is for the thread sanitizer, and for the processor.
#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <atomic>
#include <utility>

#include "lab/explore/mock_threads.hpp"
#include "lab/explore/step.hpp"

namespace explore {

/// An std::atomic whose operations are steps.
template <class T>
class Atomic {
 public:
  Atomic() noexcept : Atomic(T()) {}
  Atomic(T value) noexcept : value_(value) { begins(this); }
  ~Atomic() {
    step("end", Place{});
    ends(this);
  }
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load(std::memory_order = {}, Place where = Place::here()) const noexcept {
    take_turn({this, "load", where, true});
    saw(shown(value_), shown(value_));
    return value_;
  }
  operator T() const noexcept { return load(); }

  void store(T value, std::memory_order = {}, Place where = Place::here()) noexcept {
    change("store", where, value);
  }
  T operator=(T value) noexcept {
    store(value);
    return value;
  }
  T exchange(T value, std::memory_order = {}, Place where = Place::here()) noexcept {
    return change("exchange", where, value);
  }

  bool compare_exchange_strong(T& expected, T desired, std::memory_order, std::memory_order,
                               Place where = Place::here()) noexcept {
    return compare(expected, desired, where);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order = {},
                               Place where = Place::here()) noexcept {
    return compare(expected, desired, where);
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order, std::memory_order,
                             Place where = Place::here()) noexcept {
    return compare(expected, desired, where);
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order = {},
                             Place where = Place::here()) noexcept {
    return compare(expected, desired, where);
  }

  T fetch_add(T by, std::memory_order = {}, Place where = Place::here()) noexcept {
    step("fetch_add", where);
    return become(static_cast<T>(value_ + by));
  }
  T fetch_sub(T by, std::memory_order = {}, Place where = Place::here()) noexcept {
    step("fetch_sub", where);
    return become(static_cast<T>(value_ - by));
  }
  T fetch_and(T bits, std::memory_order = {}, Place where = Place::here()) noexcept {
    step("fetch_and", where);
    return become(value_ & bits);
  }
  T fetch_or(T bits, std::memory_order = {}, Place where = Place::here()) noexcept {
    step("fetch_or", where);
    return become(value_ | bits);
  }
  T fetch_xor(T bits, std::memory_order = {}, Place where = Place::here()) noexcept {
    step("fetch_xor", where);
    return become(value_ ^ bits);
  }

  /// Sleeps until it is notified; whoever came first is the first. Never ends without a reason.
  void wait(T old, std::memory_order = {}, Place where = Place::here()) const noexcept {
    step("wait", where);
    while (value_ == old) {
      const unsigned ticket = came_++;
      const std::function<bool()> notified = [this, ticket] { return notified_ > ticket; };
      take_turn({this, "wakes up", where, false, &notified});
      saw(shown(value_), shown(value_));
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

  T operator++() noexcept { return static_cast<T>(fetch_add(1) + 1); }
  T operator--() noexcept { return static_cast<T>(fetch_sub(1) - 1); }

 private:
  void step(const char* what, Place where) const noexcept {
    take_turn({this, what, where});
    saw(shown(value_), shown(value_));
  }
  T become(T value) noexcept {
    saw(shown(value_), shown(value));
    return std::exchange(value_, value);
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
  static std::uint64_t shown(T value) noexcept {
    if constexpr (std::is_pointer_v<T>)
      return value == nullptr ? 0 : 1;
    else
      return static_cast<std::uint64_t>(value);
  }

  T value_;
  mutable unsigned came_ = 0;  // how often somebody began to wait
  unsigned notified_ = 0;      // how many of those may go on
};

}  // namespace explore

namespace runtime::std {

using namespace ::std;

template <class T>
using atomic = explore::Atomic<T>;
using mutex = explore::Mutex;
using condition_variable = explore::ConditionVariable;
using thread = explore::Thread;

}  // namespace runtime::std

// The kernel's calls are those of mock_kernel.cpp.
int explored_epoll_create1(int flags);
int explored_epoll_ctl(int epoll, int operation, int fd, epoll_event* event);
int explored_epoll_wait(int epoll, epoll_event* events, int size, int milliseconds);
int explored_eventfd(unsigned count, int flags);
int explored_eventfd_write(int fd, eventfd_t value);
#define epoll_create1 explored_epoll_create1
#define epoll_ctl explored_epoll_ctl
#define epoll_wait explored_epoll_wait
#define eventfd explored_eventfd
#define eventfd_write explored_eventfd_write

// The mutex of four bytes is explored by itself, under another name. Everybody else gets one whose
// `lock` is one step: or each order would come with all that two threads can do to such a mutex.
#define SmallMutex RealSmallMutex
#include "runtime/task/small_mutex.hpp"
#undef SmallMutex

namespace runtime {

using SmallMutex = std::mutex;

}  // namespace runtime
