// Exercise: fix this. One task gets its page, and the others wait for ever.

#include "shared.hpp"

Shared::Wait::~Wait() {}

runtime::Poll<std::string> Shared::Wait::poll(runtime::Context& context) {
  if (shared_.page_) return *shared_.page_;
  auto result = shared_.fetch_.poll(context);  // it keeps this waker, and forgets the one before
  if (!result.is_ready()) return runtime::pending;
  shared_.page_ = result.take();
  return *shared_.page_;
}
