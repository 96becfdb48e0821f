// What may three tasks do, and what do they do when they run? A question that is drawn, and its
// answer, which the runtime gives.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/clock.hpp"

namespace quiz {

/// One line of a task's code.
struct Line {
  enum class Kind : char { say, sleep, yield, wait, tell };

  Kind kind = Kind::say;
  std::string text;                   ///< what it says
  std::chrono::milliseconds time{0};  ///< how long it sleeps

  /// As it would stand in a coroutine.
  [[nodiscard]] std::string code() const;
};

struct Task {
  std::string name;  ///< "a"
  std::vector<Line> lines;
};

/// Three tasks, spawned in this order on one thread. They share one Notify, `news`.
struct Question {
  std::uint32_t seed = 0;
  std::vector<Task> tasks;
};

/// One poll of one task.
struct Poll {
  std::chrono::milliseconds time{0};  ///< on the virtual clock
  std::string task;
  std::string because;             ///< who or what has put it into the queue
  std::vector<std::string> queue;  ///< the tasks that are in it after this poll
  std::vector<std::string> says;
  bool ready = false;
};

/// The same seed gives the same question, on every system. Never do two timers end together: whose
/// turn it is then says no document.
Question draw(std::uint32_t seed);

/// True if somebody waits for news that has come before: notified() is ready at once.
bool has_early_news(const Question& question);

/// Runs the tasks, on the real runtime with its virtual clock, and tells each poll.
std::vector<Poll> run(const Question& question);

/// What is said, one after the other, and how often the task was polled.
std::vector<std::string> said(const std::vector<Poll>& polls);
std::size_t count(const std::vector<Poll>& polls, const std::string& task);

}  // namespace quiz
