#include "crew.hpp"

#include <sys/socket.h>

#include <utility>

void Crew::spawn(common::Fd socket, Work work) {
  const std::lock_guard lock(mutex_);
  const auto place = working_.insert(working_.end(), socket.get());
  threads_.emplace_back([this, place, work = std::move(work), client = std::move(socket)] {
    work(client);
    const std::lock_guard guard(mutex_);
    working_.erase(place);
    ended_.notify_all();
  });
}

std::size_t Crew::finish(common::Clock::time_point) {
  // Yours to fix: this cuts everybody short at once, even those who would soon have ended.
  std::size_t cut_short = 0;
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : working_) ::shutdown(socket, SHUT_RDWR);
    cut_short = working_.size();
  }
  for (std::thread& thread : threads_) thread.join();
  return cut_short;
}
