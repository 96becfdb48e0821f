// One answer to the exercise.

#include "shared.hpp"

Shared::Wait::~Wait() {
  if (!waits_) return;
  shared_.waiting_.erase(place_);
  // If the news has come to this one, or would have come, somebody else has to poll in its place.
  if (!shared_.waiting_.empty()) shared_.waiting_.front().wake();
}

runtime::Poll<std::string> Shared::Wait::poll(runtime::Context& context) {
  if (!shared_.page_) {
    auto result = shared_.fetch_.poll(context);
    if (!result.is_ready()) {
      if (!waits_) place_ = shared_.waiting_.emplace(shared_.waiting_.end());
      waits_ = true;
      *place_ = context.waker();
      return runtime::pending;
    }
    shared_.page_ = result.take();
    for (const runtime::Waker& waker : shared_.waiting_) waker.wake();
  }
  if (std::exchange(waits_, false)) shared_.waiting_.erase(place_);
  return *shared_.page_;
}
