#include "common/statistics.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

#include "common/error.hpp"
#include "common/report.hpp"

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

/// Prints "`counts` wall=1.002s cpu=0.001s", the first of the times counted from `start`.
void print_with_times(const std::string& counts, Clock::time_point start) {
  std::array<char, 80> times;
  std::snprintf(times.data(), times.size(), " wall=%.3fs cpu=%.3fs", seconds(Clock::now() - start),
                seconds(cpu_time()));
  print_line(counts + times.data());
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
  print_with_times("served=" + std::to_string(served_) + " peak=" + std::to_string(peak_), start_);
}

void Statistics::opened() {
  ++open_connections;
  const std::lock_guard lock(mutex_);
  peak_ = std::max(peak_, ++open_);
}

void Statistics::closed() {
  --open_connections;
  {
    const std::lock_guard lock(mutex_);
    --open_;
    ++served_;
  }
  closed_.notify_all();
}

void DatagramStatistics::print(std::size_t longest_queue) const {
  print_with_times("received=" + std::to_string(received_) + " served=" + std::to_string(served_) +
                       " peak=" + std::to_string(longest_queue),
                   start_);
}

}  // namespace common
