#include "runtime/time/timers.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "runtime/future/future.hpp"

namespace runtime {
namespace {

// Four children a node: half as many levels as with two, and a node's children are neighbours in
// memory.
constexpr std::size_t kChildren = 4;

}  // namespace

void Timer::cancel() noexcept {
  Waker dropped;
  if (waits()) {
    const std::lock_guard lock(timers_->mutex_);
    if (waits()) dropped = timers_->erase(*this, kUnset);  // or else it fired just now
  }
  // Relaxed: Timers has let go of it.
  place_.store(kUnset, std::memory_order_relaxed);
}

Clock::time_point Timers::now() const {
  return virtual_ ? Clock::time_point(Duration(virtual_now_)) : Clock::now();
}

bool Timers::set(Timer& timer, Clock::time_point deadline, Waker waker) {
  if (timer.timers_.get() != this) timer.timers_ = Ref<Timers>(*this);
  // A deadline of kNever would look as if there was no timer.
  const Item item{std::min(deadline.time_since_epoch().count(), kNever - 1), &timer};
  const std::lock_guard lock(mutex_);
  heap_.push_back(item);
  timer.waker_ = std::move(waker);
  timer.sequence_ = sets_++;
  fill(heap_.size() - 1, item);
  if (heap_.front().timer != &timer) return false;
  earliest_ = item.deadline;
  return true;
}

bool Timers::change_waker(Timer& timer, const Context& context) {
  if (timer.timers_.get() != this) throw WrongRuntime();
  Waker dropped;
  const std::lock_guard lock(mutex_);
  if (timer.fired()) return false;
  if (!context.is_stored_in(timer.waker_)) dropped = std::exchange(timer.waker_, context.waker());
  return true;
}

std::optional<Clock::time_point> Timers::next() const {
  const Clock::rep earliest = earliest_;
  if (earliest == kNever) return std::nullopt;
  return Clock::time_point(Duration(earliest));
}

std::size_t Timers::fire() {
  if (earliest_ == kNever) return 0;
  const Clock::rep until = now().time_since_epoch().count();
  for (std::size_t count = 0;; ++count) {
    if (earliest_ > until) return count;
    WakeAtEnd wake;
    const std::lock_guard lock(mutex_);
    if (earliest_ > until) return count;  // cancelled meanwhile
    wake = erase(*heap_.front().timer, Timer::kFired);
  }
}

bool Timers::jump() {
  const Clock::rep earliest = earliest_;
  if (!virtual_ || earliest == kNever) return false;
  virtual_now_ = std::max<Clock::rep>(virtual_now_, earliest);
  return true;
}

void Timers::clear() noexcept {
  for (;;) {
    Waker dropped;
    const std::lock_guard lock(mutex_);
    if (heap_.empty()) return;
    dropped = erase(*heap_.back().timer, Timer::kUnset);
  }
}

/// Takes a timer out of the heap and returns its waker. It may be gone as soon as the mutex is
/// released.
Waker Timers::erase(Timer& timer, std::uint32_t place) {
  const Item last = heap_.back();
  heap_.pop_back();
  if (last.timer != &timer) fill(timer.place_, last);
  const Clock::rep earliest = heap_.empty() ? kNever : heap_.front().deadline;
  if (earliest_ != earliest) earliest_ = earliest;
  Waker waker = std::exchange(timer.waker_, Waker());
  timer.place_.store(place, std::memory_order_release);
  return waker;
}

/// In ties the counts of `set` tell, which may wrap.
bool Timers::Item::operator<(const Item& other) const {
  if (deadline != other.deadline) return deadline < other.deadline;
  return static_cast<std::int32_t>(timer->sequence_ - other.timer->sequence_) < 0;
}

void Timers::place(std::size_t index, Item item) {
  heap_[index] = item;
  // Relaxed: without the mutex nobody asks where it is.
  item.timer->place_.store(static_cast<std::uint32_t>(index), std::memory_order_relaxed);
}

/// Puts `item` into the hole, or where that leads to: parents that come later move down, children
/// that come earlier move up.
void Timers::fill(std::size_t hole, Item item) {
  const auto parent = [](std::size_t i) { return (i - 1) / kChildren; };
  const auto at = [this](std::size_t i) -> const Item* {
    return heap_.data() + std::min(i, heap_.size());
  };
  for (; hole > 0 && item < heap_[parent(hole)]; hole = parent(hole)) {
    place(hole, heap_[parent(hole)]);
  }
  for (;;) {
    const auto end = at(hole * kChildren + kChildren + 1);
    const auto first = std::min_element(at(hole * kChildren + 1), end);
    if (first == end || item < *first) break;
    place(hole, *first);
    hole = static_cast<std::size_t>(first - heap_.data());
  }
  place(hole, item);
}

}  // namespace runtime
