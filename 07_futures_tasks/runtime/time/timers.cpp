#include "runtime/time/timers.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace runtime {
namespace {

// Four children a node: half as many levels as with two, and a node's children are neighbours in
// memory.
constexpr std::size_t kChildren = 4;

}  // namespace

void Timer::cancel() noexcept {
  // Fired, or unset: then `Timers` has let go of it. Nobody else sets it meanwhile.
  if (state_.load(std::memory_order_acquire) != kWaiting) return;
  Waker dropped;
  const std::lock_guard lock(timers_->mutex_);
  if (state_.load(std::memory_order_relaxed) != kWaiting) return;  // it fired just now
  dropped = timers_->erase(*this);
  state_.store(kUnset, std::memory_order_release);
}

Timers::~Timers() {
  for (const Item& item : heap_) item.timer->state_ = Timer::kUnset;
}

Clock::time_point Timers::now() const {
  if (!virtual_) return Clock::now();
  const std::lock_guard lock(mutex_);
  return virtual_now_;
}

bool Timers::set(Timer& timer, Clock::time_point deadline, Waker waker) {
  const std::lock_guard lock(mutex_);
  heap_.push_back({deadline, &timer});
  rise(heap_.size() - 1, {deadline, &timer});
  timer.timers_ = this;
  timer.waker_ = std::move(waker);
  timer.state_.store(Timer::kWaiting, std::memory_order_release);
  return timer.index_ == 0;
}

bool Timers::change_waker(Timer& timer, const Context& context) {
  Waker dropped;
  const std::lock_guard lock(mutex_);
  if (timer.fired()) return false;
  if (!context.is_stored_in(timer.waker_)) dropped = std::exchange(timer.waker_, context.waker());
  return true;
}

std::optional<Clock::time_point> Timers::next() const {
  const std::lock_guard lock(mutex_);
  if (heap_.empty()) return std::nullopt;
  return heap_.front().deadline;
}

std::size_t Timers::fire() {
  const Clock::time_point until = now();
  std::size_t count = 0;
  for (;;) {
    std::array<Waker, 64> to_wake;
    const std::size_t batch = take_due(until, to_wake);
    for (const Waker& waker : std::span(to_wake).first(batch)) waker.wake();
    count += batch;
    if (batch < to_wake.size()) return count;
  }
}

/// Moves the wakers of timers whose time has come to `to_wake`, and returns how many.
std::size_t Timers::take_due(Clock::time_point until, std::span<Waker> to_wake) {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  while (count < to_wake.size() && !heap_.empty() && heap_.front().deadline <= until) {
    Timer& timer = *heap_.front().timer;
    to_wake[count++] = erase(timer);
    timer.state_.store(Timer::kFired, std::memory_order_release);  // from here on it may be gone
  }
  return count;
}

bool Timers::jump() {
  const std::lock_guard lock(mutex_);
  if (!virtual_ || heap_.empty()) return false;
  virtual_now_ = std::max(virtual_now_, heap_.front().deadline);
  return true;
}

/// Takes a timer out of the heap and returns its waker.
Waker Timers::erase(Timer& timer) {
  const Item last = heap_.back();
  heap_.pop_back();
  if (last.timer != &timer) {
    const std::size_t hole = timer.index_;
    const bool up = hole > 0 && last.deadline < heap_[(hole - 1) / kChildren].deadline;
    up ? rise(hole, last) : sink(hole, last);
  }
  return std::exchange(timer.waker_, Waker());
}

void Timers::place(std::size_t index, Item item) {
  heap_[index] = item;
  item.timer->index_ = static_cast<std::uint32_t>(index);
}

/// Puts `item` where the hole at `index` is, or above: parents that come later move down.
void Timers::rise(std::size_t index, Item item) {
  while (index > 0) {
    const std::size_t parent = (index - 1) / kChildren;
    if (heap_[parent].deadline <= item.deadline) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, item);
}

/// Puts `item` where the hole at `index` is, or below: children that come earlier move up.
void Timers::sink(std::size_t index, Item item) {
  for (;;) {
    const std::size_t first = index * kChildren + 1;
    if (first >= heap_.size()) break;
    std::size_t earliest = first;
    for (std::size_t child = first + 1; child < std::min(first + kChildren, heap_.size());
         ++child) {
      if (heap_[child].deadline < heap_[earliest].deadline) earliest = child;
    }
    if (item.deadline <= heap_[earliest].deadline) break;
    place(index, heap_[earliest]);
    index = earliest;
  }
  place(index, item);
}

}  // namespace runtime
