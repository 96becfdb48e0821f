// How do ten blocking clients run at once? On a thread each, joined before anybody goes on.
#pragma once

#include <cstdint>
#include <thread>
#include <vector>

#include "common/report.hpp"

namespace common {

/// Runs `work` on `count` threads and waits for all of them. What one throws, or a thread that
/// cannot be had, goes to `failures` and does not stop the others.
template <class Work>
void run_on_threads(std::uint64_t count, Failures& failures, Work work) {
  // No std::jthread, which would join itself: clang's library has it only since version 20.
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < count; ++i) {
    failures.collect([&] { threads.emplace_back([&] { failures.collect(work); }); });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace common
