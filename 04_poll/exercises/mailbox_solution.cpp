#include "mailbox.hpp"

#include <utility>

void Mailbox::post(Job job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  if (jobs_.size() > 1) return;
  common::check(::eventfd_write(wake_up_.get(), 1), "eventfd_write");
}

void Mailbox::run() {
  std::vector<Job> jobs;
  {
    // Under the lock the order of these two is all the same. Without it the wake-up would have to
    // go first: of a job that is posted between the two, it would be better to hear once too often.
    const std::lock_guard lock(mutex_);
    jobs = std::exchange(jobs_, {});
    if (jobs.empty()) return;  // and nobody has written: a read would be EAGAIN
    eventfd_t count = 0;
    common::check(::eventfd_read(wake_up_.get(), &count), "eventfd_read");
  }
  for (const Job& job : jobs) job();  // not under the lock: a job may post
}
