#include "timers.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

Timers::Key Timers::set(Time time, Action action) {
  return waiting_.emplace(Key(time, next_++), std::move(action)).first->first;
}

bool Timers::cancel(const Key& key) {
  return waiting_.erase(key) != 0;
}

int Timers::timeout(Time now) const {
  // Yours to fix: is this never too short?
  if (waiting_.empty()) return -1;
  const auto left = std::max(waiting_.begin()->first.first - now, common::Duration::zero());
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(left).count());
}

void Timers::run(Time now) {
  // Yours to fix: who cancels a timer that is in `due`?
  std::vector<Action> due;
  while (!waiting_.empty() && waiting_.begin()->first.first <= now) {
    due.push_back(std::move(waiting_.begin()->second));
    waiting_.erase(waiting_.begin());
  }
  for (const Action& action : due) action();
}
