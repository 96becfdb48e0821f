#include "read_trace.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <utility>

#include "common/error.hpp"

namespace timeline {

namespace {

using nlohmann::json;

constexpr double kPixelsPerUnit = 4;

const char* time_format(double us) {
  if (us < 1e3) return "%.0f us";
  return us < 1e6 ? "%.1f ms" : "%.2f s";
}

/// In microseconds. A poll that takes longer than this holds up the others.
constexpr double kLongPoll = 1000;

Look look_of(const std::string& slice, const std::string& result) {
  if (slice == "park" || slice == "look") return Look::park;
  if (slice != "poll") return Look::wakes;
  if (result == "ready") return Look::ready;
  if (result == "failed") return Look::failed;
  return result == "aborted" ? Look::aborted : Look::pending;
}

/// Goes through the events in the order of time and gives each its place.
class TraceChart {
 public:
  explicit TraceChart(const json& events) {
    // What happened at the same time stays in the order of the file.
    std::multimap<double, const json*> timed;
    for (const json& event : events) {
      if (event.at("ph") != "M") {
        timed.emplace(event.at("ts").get<double>(), &event);
      } else if (event.at("name") == "thread_name") {
        add_row(event);
      }
    }
    add_tick();
    for (const auto& [time, event] : timed) take(*event);
  }

  Chart finish(const std::string& name) {
    add_tick();
    chart_.end = std::max(place_, 1.0);
    for (Row& row : chart_.rows) close(row);
    chart_.title = name + ": " + counted(tasks_, "task") + ", " + counted(polls_, "poll") + ", " +
                   time_text(time_);
    chart_.note =
        "Time is not to scale: a long wait is drawn only a little longer than a short one.";
    chart_.width = chart_.end * kPixelsPerUnit;
    return std::move(chart_);
  }

 private:
  using Key = std::pair<int, std::uint64_t>;  // process and thread

  static Key key_of(const json& event) { return {event.at("pid"), event.at("tid")}; }

  void add_row(const json& event) {
    const Key key = key_of(event);
    if (!rows_.emplace(key, chart_.rows.size()).second) return;
    chart_.rows.push_back({event.at("args").at("name"), -1, -1, {}, {}});
    if (key.first == kTasks) ++tasks_;
  }

  void move_on(double time, const std::string& phase) {
    const double passed = time - std::exchange(time_, time);
    // An arrow's end belongs to the poll that begins there.
    place_ += std::pow(std::log2(1 + passed), 1.5) + (phase == "f" ? 0 : 1);
  }

  void take(const json& event) {
    const std::string phase = event.at("ph");
    move_on(event.at("ts"), phase);
    const std::size_t index = rows_.at(key_of(event));
    Row& row = chart_.rows[index];
    if (phase == "B") {
      begin(row, event);
    } else if (phase == "E") {
      end(row, event);
    } else if (phase == "i") {
      mark(row, event.at("name"));
    } else if (phase == "s") {
      begins_.emplace(event.at("id"), std::pair(index, place_));
    } else if (phase == "f" && !row.bars.empty()) {
      const auto [from_row, from] = begins_.at(event.at("id"));
      chart_.arrows.push_back({from_row, from, index, row.bars.back().begin});
    }
  }

  void begin(Row& row, const json& event) {
    const std::string name = event.at("name");
    if (name == "poll") ++polls_;
    if (name == "wakes") add_tick();
    row.bars.push_back({place_, -1, look_of(name, ""), {}, name + " at " + time_text(time_)});
    began_[&row - chart_.rows.data()] = time_;
  }

  void end(Row& row, const json& event) {
    if (row.bars.empty()) return;
    Bar& bar = row.bars.back();
    bar.end = place_;
    // Time is not to scale: of a wait, and of a poll that is suspiciously long, it is written.
    const double lasted = time_ - began_[&row - chart_.rows.data()];
    if (bar.look == Look::park || lasted >= kLongPoll) bar.label = time_text(lasted);
    if (!event.contains("args")) return;
    bar.look = look_of("poll", event.at("args").at("result"));
    bar.says += ": " + event.at("args").at("result").get<std::string>();
  }

  void mark(Row& row, const std::string& name) {
    if (name == "spawned") {
      row.begin = place_;
    } else if (name == "ended") {
      row.end = place_;
    } else {
      row.marks.push_back({place_, name});
      place_ += 2;  // those of one turn can be counted
    }
  }

  void close(Row& row) const {
    if (row.end == -1) row.end = row.begin == -1 ? -1 : chart_.end;
    for (Bar& bar : row.bars) {
      if (bar.end == -1) bar.end = chart_.end;
    }
  }

  void add_tick() { chart_.ticks.push_back({place_, time_text(time_)}); }

  Chart chart_;
  std::map<Key, std::size_t> rows_;
  std::map<std::ptrdiff_t, double> began_;  // the time of each row's last bar
  std::map<std::uint64_t, std::pair<std::size_t, double>> begins_;  // of arrows
  double place_ = 0;
  double time_ = 0;  // in microseconds
  std::size_t tasks_ = 0;
  std::size_t polls_ = 0;
};

}  // namespace

json load_trace(const std::string& file) {
  std::ifstream stream(file);
  if (!stream) common::throw_error(errno, "open " + file);
  try {
    return json::parse(stream);
  } catch (const json::exception&) {
    throw std::runtime_error(file + ": not JSON");
  }
}

std::string time_text(double us) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), time_format(us),
                us < 1e3 ? us : us / (us < 1e6 ? 1e3 : 1e6));
  return text.data();
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

Chart read_trace(const std::string& file) {
  const json trace = load_trace(file);
  try {
    return TraceChart(trace.at("traceEvents")).finish(std::filesystem::path(file).filename());
  } catch (const std::exception&) {
    throw std::runtime_error(file + ": not a trace of tasks");
  }
}

}  // namespace timeline
