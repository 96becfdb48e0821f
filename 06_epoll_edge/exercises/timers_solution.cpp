#include "timers.hpp"

#include <vector>

Timers::Key Timers::set(Time time, Action action) {
  return waiting_.emplace(Key(time, next_++), std::move(action)).first->first;
}

bool Timers::cancel(const Key& key) {
  return waiting_.erase(key) != 0;
}

int Timers::timeout(Time now) const {
  if (waiting_.empty()) return -1;
  return common::milliseconds_until(waiting_.begin()->first.first, now);  // rounds up
}

void Timers::run(Time now) {
  // Their keys, not their actions: those stay where `cancel` finds them.
  std::vector<Key> due;
  const auto end = waiting_.upper_bound(Key(now, next_));
  for (auto timer = waiting_.begin(); timer != end; ++timer) due.push_back(timer->first);
  for (const Key& key : due) {
    const auto running = waiting_.extract(key);  // before it runs: then it cannot be cancelled
    if (running) running.mapped()();
  }
}
