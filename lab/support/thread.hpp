// How does a test's thread end, also when the test fails? With its owner.
#pragma once

#include <atomic>
#include <concepts>
#include <memory>
#include <thread>
#include <utility>

namespace lab {

/// A thread that is told to stop, and joined, at the end of its life. As std::jthread, which
/// clang's library has without further ado only since version 20.
class Thread {
 public:
  /// True when the thread should stop.
  using Stop = std::atomic<bool>;

  Thread() = default;
  /// Runs work(), or work(stop).
  template <class Work>
  explicit Thread(Work work)
      : stop_(std::make_unique<Stop>(false)),
        thread_([work = std::move(work), &stop = *stop_]() mutable {
          if constexpr (std::invocable<Work&, const Stop&>) {
            work(stop);
          } else {
            work();
          }
        }) {}
  Thread(Thread&&) = default;
  /// The thread that it was ends before it is the other one.
  Thread& operator=(Thread&& other) noexcept {
    end();
    stop_ = std::move(other.stop_);
    thread_ = std::move(other.thread_);
    return *this;
  }
  ~Thread() { end(); }

  void join() { thread_.join(); }

 private:
  void end() noexcept {
    if (!thread_.joinable()) return;
    *stop_ = true;
    thread_.join();
  }

  std::unique_ptr<Stop> stop_;
  std::thread thread_;
};

}  // namespace lab
