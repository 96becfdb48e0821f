// How is much done at once, while somebody waits? By threads that take one thing after another.
#pragma once

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "lab/support/output.hpp"
#include "lab/support/thread.hpp"

namespace lab {

/// Calls `work` with each number below `count`, on `at_once` threads, and shows meanwhile how long
/// that takes. REQUIRES: `work` does not throw.
template <class Work>
void for_each_at_once(std::size_t count, std::size_t at_once, ProgressLine& progress, Work work) {
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> done = 0;
  const auto take_turns = [&] {
    for (std::size_t i; (i = next++) < count; ++done) work(i);
  };
  const auto start = common::Clock::now();
  std::vector<Thread> threads;
  while (threads.size() < std::min(at_once, count)) threads.emplace_back(take_turns);
  while (done < count) {
    progress.show(common::Clock::now() - start);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace lab
