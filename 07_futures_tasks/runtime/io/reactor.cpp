#include "runtime/io/reactor.hpp"

#include <exception>
#include <utility>

#include "common/report.hpp"

namespace runtime {

Reactor::Reactor(const Ref<Trace>& trace)
    : trace_(trace),
      wake_registration_(poller_, kWake, common::ReadySet::readable(), common::PollOpt::edge()),
      wake_(wake_registration_.set_readiness()) {}

std::size_t Reactor::turn(std::optional<common::Duration> limit) {
  turns_.fetch_add(1, std::memory_order_relaxed);  // a count, which orders nothing
  const std::size_t count = poller_.wait(events_, limit);
  {
    const std::lock_guard lock(mutex_);
    for (const common::Event& event : events_) {
      if (trace_) trace_->heard(event.token, event.ready);
      ScheduledIo* io = registered_.find(common::SlabKey::from_bits(event.token.value));
      if (io == nullptr) continue;
      io->set_ready(event.ready, [&](Waker waker) { to_wake_.push_back(std::move(waker)); });
    }
  }
  for (const Waker& waker : to_wake_) waker.wake();
  to_wake_.clear();
  return count;
}

void Reactor::wake() {
  wake_.set(common::ReadySet::readable());
}

Reactor::Entry Reactor::add(int fd, common::ReadySet interest, common::ReadySet assumed) {
  Entry entry;
  {
    const std::lock_guard lock(mutex_);
    entry.key = registered_.insert(ScheduledIo(assumed));
    entry.io = registered_.find(entry.key);
  }
  if (trace_) trace_->registered({entry.key.bits()}, fd);
  try {
    poller_.add(fd, {entry.key.bits()}, interest, common::PollOpt::edge());
  } catch (...) {
    const std::lock_guard lock(mutex_);
    registered_.erase(entry.key);
    throw;
  }
  return entry;
}

void Reactor::modify(int fd, common::SlabKey key, common::ReadySet interest) {
  poller_.modify(fd, {key.bits()}, interest, common::PollOpt::edge());
}

void Reactor::remove(int fd, common::SlabKey key) noexcept {
  if (trace_) trace_->deregistered({key.bits()});
  try {
    poller_.remove(fd);
  } catch (const std::exception& error) {
    // Only if the descriptor was closed by somebody else: its owner should hear of it.
    common::print_line(error.what());
  }
  std::optional<ScheduledIo> dropped;  // its wakers are dropped without the mutex
  const std::lock_guard lock(mutex_);
  dropped.emplace(std::move(*registered_.find(key)));
  registered_.erase(key);
}

}  // namespace runtime
