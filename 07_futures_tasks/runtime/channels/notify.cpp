#include "runtime/channels/notify.hpp"

#include <mutex>
#include <utility>

#include "runtime/future/waker.hpp"

namespace runtime {

Notify::Notified Notify::notified() {
  return Notified(*this);
}

void Notify::notify_one() noexcept {
  WakeAtEnd first;
  const std::lock_guard lock(mutex_);
  kept_ = waiting_.empty();
  first = waiting_.serve_first();
}

void Notify::notify_all() noexcept {
  std::unique_lock lock(mutex_);
  ++calls_;
  waiting_.serve_all(lock);
}

Notify::Notified::Notified(Notify& notify) : notify_(&notify) {
  const std::lock_guard lock(notify.mutex_);
  calls_ = notify.calls_;
}

Poll<void> Notify::Notified::poll(Context& context) {
  if (!context.spend()) return pending;
  Waker dropped;
  const std::lock_guard lock(notify_->mutex_);
  const bool its_turn = waiter_.turn != Turn::not_yet || calls_ != notify_->calls_;
  if (its_turn || (!waiter_.is_linked() && std::exchange(notify_->kept_, false))) {
    waiter_.turn = Turn::not_yet;  // taken: there is none to pass on
    return done;
  }
  if (!waiter_.is_linked()) notify_->waiting_.push(waiter_);
  dropped = waiter_.store(context);
  context.take_back();
  return pending;
}

Notify::Notified::~Notified() {
  Turn turn;
  {
    const std::lock_guard lock(notify_->mutex_);
    waiter_.unlink();
    turn = waiter_.turn;
  }
  if (turn == Turn::own) notify_->notify_one();
}

}  // namespace runtime
