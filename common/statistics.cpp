#include "common/statistics.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "common/error.hpp"

namespace common {
namespace {

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// CPU time of the whole process, in user and in kernel mode.
Duration cpu_time() {
  timespec time{};
  check(::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time), "clock_gettime");
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

std::uint64_t Statistics::served() const {
  const std::lock_guard lock(mutex_);
  return served_;
}

void Statistics::wait_for_close(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  const std::uint64_t before = served_;
  closed_.wait_until(lock, deadline, [&] { return served_ != before; });
}

void Statistics::print() const {
  const std::lock_guard lock(mutex_);
  std::fprintf(stderr, "served=%llu peak=%llu wall=%.3fs cpu=%.3fs\n",
               static_cast<unsigned long long>(served_), static_cast<unsigned long long>(peak_),
               seconds(Clock::now() - start_), seconds(cpu_time()));
}

void Statistics::opened() {
  const std::lock_guard lock(mutex_);
  peak_ = std::max(peak_, ++open_);
}

void Statistics::closed() {
  {
    const std::lock_guard lock(mutex_);
    --open_;
    ++served_;
  }
  closed_.notify_all();
}

}  // namespace common
