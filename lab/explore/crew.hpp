// Who runs a run's threads? Threads that go from one run to the next.
#pragma once

#include <semaphore.h>

#include <cerrno>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "common/error.hpp"

namespace explore {

/// Whoever has it may go on. See sem_overview(7).
class Baton {
 public:
  Baton() { common::check(::sem_init(&semaphore_, 0, 0), "sem_init"); }
  ~Baton() { ::sem_destroy(&semaphore_); }
  Baton(Baton&&) = delete;

  void give() { common::check(::sem_post(&semaphore_), "sem_post"); }
  void take() {
    while (::sem_wait(&semaphore_) == -1) {
      if (errno != EINTR) common::throw_error(errno, "sem_wait");
    }
  }

 private:
  sem_t semaphore_;
};

/// A thread that calls one function after the other, and stands still whenever it has no baton.
class Hand {
 public:
  Hand() : thread_([this] { work(); }) {}
  /// REQUIRES: it is not in the middle of something.
  ~Hand() {
    begin(nullptr);
    thread_.join();
  }
  Hand(Hand&&) = delete;

  void begin(std::function<void()> body) {
    body_ = std::move(body);
    baton.give();
  }

  Baton baton;

 private:
  void work() {
    for (baton.take(); body_; baton.take()) body_();
  }

  std::function<void()> body_;
  std::thread thread_;
};

/// The hands of one exploration. REQUIRES, at its end: none is in the middle of something.
class Crew {
 public:
  Hand& hand(std::size_t number) {
    while (hands_.size() <= number) hands_.push_back(std::make_unique<Hand>());
    return *hands_[number];
  }
  /// The explorer's own turn.
  [[nodiscard]] Baton& baton() { return baton_; }

 private:
  Baton baton_;
  std::vector<std::unique_ptr<Hand>> hands_;
};

}  // namespace explore
