#include "lint_trace.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "read_trace.hpp"

namespace timeline {

namespace {

using nlohmann::json;

/// Fewer than this may happen to anybody.
constexpr std::size_t kMany = 10;

struct Task {
  std::string name;
  std::size_t polls = 0;
  std::size_t self_wakes = 0;   // polls that came of a wake in the one before
  std::size_t wakes = 0;        // polls that came of another's wake
  std::size_t for_nothing = 0;  // of these, those that found nothing ready
  std::size_t long_polls = 0;
  double longest = 0;  // in microseconds
  double begins = -1;  // of the poll that is going on; -1 for none
  bool woken_by_other = false;
  double waits_since = -1;  // its last poll's end, if that was pending; -1 if it was not
  bool aborted = false;
};

class Lint {
 public:
  Lint(const json& events, double long_poll) : long_poll_(long_poll) {
    for (const json& event : events) take(event);
  }

  std::vector<std::string> findings() const {
    std::vector<std::string> lines;
    // The first task is aborted by nobody but an executor that has given up on all of them.
    const bool deadlock = !tasks_.empty() && tasks_.begin()->second.aborted;
    for (const auto& [number, task] : tasks_) {
      const auto add = [&](const std::string& what) { lines.push_back(task.name + ": " + what); };
      if (task.self_wakes >= kMany && task.self_wakes * 2 > task.polls) {
        add("wakes itself: so came " + of(task.self_wakes, task.polls) + " polls");
      }
      if (task.for_nothing >= kMany && task.for_nothing * 2 > task.wakes) {
        add("is woken for nothing: " + of(task.for_nothing, task.wakes) + " times");
      }
      if (task.begins != -1) add("blocks its thread: at the end of the trace it is in a poll");
      if (task.long_polls > 0) {
        add("blocks its thread: " + counted(task.long_polls, "long poll") + ", the longest of " +
            time_text(task.longest));
      }
      if ((task.waits_since != -1 && open_wakes_.empty()) ||
          (deadlock && task.aborted && (number == 1 || !task.woken_by_other))) {
        add("waits: nobody has woken it after its last poll");
      }
    }
    return lines;
  }

 private:
  static std::string of(std::size_t some, std::size_t all) {
    return std::to_string(some) + " of " + std::to_string(all);
  }

  void take(const json& event) {
    const std::string phase = event.at("ph");
    const bool is_task = event.at("pid") == kTasks;
    if (phase == "s")
      open_wakes_[event.at("id")] = is_task ? event.at("tid").get<std::uint64_t>() : 0;
    if (!is_task || !event.contains("tid")) return;
    const std::uint64_t number = event.at("tid");
    Task& task = tasks_[number];
    if (phase == "M" && event.at("name") == "thread_name") task.name = event.at("args").at("name");
    if (phase == "B" && event.at("name") == "poll") begin(task, event.at("ts"));
    if (phase == "f") follow(task, number, event.at("id"));
    if (phase == "E" && event.contains("args")) end(task, event);
    if (phase == "i" && event.at("name") == "ended") task.waits_since = -1;
  }

  static void begin(Task& task, double time) {
    ++task.polls;
    task.begins = time;
    task.waits_since = -1;
    task.woken_by_other = false;
  }

  /// An arrow has led to the poll that has just begun.
  void follow(Task& task, std::uint64_t number, std::uint64_t wake) {
    const auto found = open_wakes_.find(wake);
    if (found == open_wakes_.end()) throw std::runtime_error("an arrow without a beginning");
    task.woken_by_other = found->second != number;
    ++(task.woken_by_other ? task.wakes : task.self_wakes);
    open_wakes_.erase(found);
  }

  void end(Task& task, const json& event) {
    const json& args = event.at("args");
    const double time = event.at("ts");
    const double lasted = time - std::exchange(task.begins, -1);
    task.longest = std::max(task.longest, lasted);
    if (lasted >= long_poll_) ++task.long_polls;
    const bool pending = args.at("result") == "pending";
    if (pending) task.waits_since = time;
    if (pending && task.woken_by_other && args.value("ready", 1) == 0) ++task.for_nothing;
    task.aborted = args.at("result") == "aborted";
  }

  const double long_poll_;  // in microseconds
  std::map<std::uint64_t, Task> tasks_;
  std::map<std::uint64_t, std::uint64_t> open_wakes_;  // the waking task's number, or 0
};

}  // namespace

std::string lint_trace(const std::string& file, common::Duration long_poll, std::size_t& found) {
  const double us = std::chrono::duration<double, std::micro>(long_poll).count();
  std::vector<std::string> lines;
  const json trace = load_trace(file);
  try {
    lines = Lint(trace.at("traceEvents"), us).findings();
  } catch (const std::exception&) {
    throw std::runtime_error(file + ": not a trace of tasks");
  }
  found = lines.size();
  if (lines.empty()) return std::filesystem::path(file).filename().string() + ": nothing found\n";
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace timeline
