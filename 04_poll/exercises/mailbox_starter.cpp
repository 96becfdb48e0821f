#include "mailbox.hpp"

#include <utility>

void Mailbox::post(Job job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  common::check(::eventfd_write(wake_up_.get(), 1), "eventfd_write");
}

void Mailbox::run() {
  // Yours to fix: this does the jobs, and then takes back the wake-up, whosever it is by then.
  std::vector<Job> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs = std::exchange(jobs_, {});
  }
  for (const Job& job : jobs) job();
  eventfd_t count = 0;
  common::check(::eventfd_read(wake_up_.get(), &count), "eventfd_read");
}
