#include "gate.hpp"

void Gate::enter() {
  std::unique_lock lock(mutex_);
  left_.wait(lock, [&] { return free_places_ > 0; });
  --free_places_;
}

void Gate::leave() {
  {
    const std::lock_guard lock(mutex_);
    ++free_places_;
  }
  left_.notify_one();
}
