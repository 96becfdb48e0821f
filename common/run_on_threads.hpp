// How do ten blocking clients run at once? On a thread each, joined before anybody goes on.
#pragma once

#include <cstdint>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "common/error.hpp"
#include "common/report.hpp"

namespace common {

/// A thread that does `work`. Where there is none to be had, the error says what: std::thread's
/// own, "Resource temporarily unavailable", does not.
template <class Work>
std::thread start_thread(Work work) {
  try {
    return std::thread(std::move(work));
  } catch (const std::system_error& error) {
    throw_error(error.code().value(), "thread");
  }
}

/// Runs `work` on `count` threads and waits for all of them. What one throws, or a thread that
/// cannot be had, goes to `failures` and does not stop the others.
template <class Work>
void run_on_threads(std::uint64_t count, Failures& failures, Work work) {
  // No std::jthread, which would join itself: clang's library has it only since version 20.
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < count; ++i) {
    failures.collect([&] { threads.push_back(start_thread([&] { failures.collect(work); })); });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace common
