// How is a cost measured so that two libraries can be compared? The same way for both.
#pragma once

#include <malloc.h>
#include <sched.h>

#include <chrono>
#include <cstdio>
#include <ratio>
#include <string>

#include "common/clock.hpp"
#include "common/error.hpp"

namespace bench {

inline constexpr int kTimes = 1'000'000;

/// Keeps the calling thread, and those that it starts, on one core.
inline void stay_on_one_core() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(common::check(::sched_getcpu(), "sched_getcpu")), &cores);
  common::check(::sched_setaffinity(0, sizeof cores, &cores), "sched_setaffinity");
}

/// Prints "name 12.3 ns": a time for each of the `times` that a thing was done in it.
inline void print_time(const std::string& name, int times,
                       std::chrono::duration<double, std::nano> time) {
  std::printf("%s %.1f ns\n", name.c_str(), time.count() / times);
}

/// The same for what `run` does.
template <class Run>
void print_cost(const std::string& name, int times, Run run) {
  const auto start = common::Clock::now();
  run();
  print_time(name, times, common::Clock::now() - start);
}

/// Bytes in use on the heap, what the allocator adds included.
inline double heap_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

/// Prints "sleeper 272 bytes": what the heap has grown by since `before`, for each of `kTimes`.
inline void print_bytes(const char* name, double before) {
  std::printf("%s %.0f bytes\n", name, (heap_bytes() - before) / kTimes);
}

}  // namespace bench
