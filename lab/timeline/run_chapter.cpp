#include "run_chapter.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "lab/support/chapters.hpp"
#include "lab/support/program.hpp"

namespace timeline {

namespace {

using common::Duration;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// When the lines of each connection came, in seconds after the client's start.
class Arrivals {
 public:
  explicit Arrivals(std::uint64_t clients) : starts_(clients), ends_(clients) {}

  /// `output` is all that has come so far.
  void look(Duration elapsed, std::string_view output) {
    for (std::size_t feed; (feed = output.find('\n', seen_)) != std::string_view::npos;
         seen_ = feed + 1) {
      note(std::string(output.substr(seen_, feed - seen_)), seconds(elapsed));
    }
  }

  [[nodiscard]] std::vector<Row> rows() const {
    std::vector<Row> rows;
    for (std::size_t i = 0; i < starts_.size(); ++i) {
      rows.push_back({"connection " + std::to_string(i + 1),
                      -1,
                      -1,
                      {{0, starts_[i], Look::waiting, "", "waits"},
                       {starts_[i], ends_[i], Look::served, "", "is served"}},
                      {}});
    }
    return rows;
  }

 private:
  void note(const std::string& line, double time) {
    unsigned long long number = 0;
    if (std::sscanf(line.c_str(), "start %llu", &number) == 1) at(starts_, number) = time;
    if (std::sscanf(line.c_str(), "end %llu", &number) == 1) at(ends_, number) = time;
  }

  /// `measure` judges the lines when all have come; until then they may be anything.
  static double& at(std::vector<double>& times, unsigned long long number) {
    return times.at(std::clamp<std::size_t>(number, 1, times.size()) - 1);
  }

  std::size_t seen_ = 0;
  std::vector<double> starts_;
  std::vector<double> ends_;
};

/// A gap in a thread's work that is shorter than this, in seconds, and shorter than the work after
/// it, is none: the time of a thread that runs is counted only at each tick of the kernel's clock.
constexpr double kTick = 0.005;

/// When the server's threads worked, in seconds after the client's start.
class Threads {
 public:
  void look(Duration elapsed, pid_t server) {
    const double now = seconds(elapsed);
    const bool first = rows_.empty();
    for (const auto& [number, awake] : lab::awake_times(server)) {
      const auto [found, is_new] = seen_.try_emplace(number, Seen{rows_.size(), {}});
      Seen& seen = found->second;
      if (first) seen.awake = awake;  // of what was before the client
      const double worked = seconds(awake - std::exchange(seen.awake, awake));
      if (is_new) add_row(now - worked);
      note(rows_[seen.row].bars, now - worked, now);
    }
  }

  [[nodiscard]] std::vector<Row> rows() const {
    std::vector<Row> rows = rows_;
    for (Row& row : rows) row.thin = rows.size() > 3;
    return rows;
  }

 private:
  struct Seen {
    std::size_t row;
    Duration awake;
  };

  void add_row(double begin) {
    const std::string name =
        rows_.empty() ? "main thread" : "thread " + std::to_string(rows_.size());
    rows_.push_back({name, -1, -1, {{begin, begin, Look::asleep, "", "asleep"}}, {}});
  }

  /// It worked from `begin` to `end`, now, and has slept before. It cannot have worked twice at a
  /// time: what would overlap was counted late, and came earlier.
  static void note(std::vector<Bar>& bars, double begin, double end) {
    bars.front().end = end;
    if (begin == end) return;
    while (bars.size() > 1 && begin - bars.back().end < std::min(kTick, end - begin)) {
      begin = std::min(bars.back().begin, begin - (bars.back().end - bars.back().begin));
      bars.pop_back();
    }
    bars.push_back({std::max(begin, bars.front().begin), end, Look::working, "", "at work"});
  }

  std::vector<Row> rows_;
  std::map<pid_t, Seen> seen_;
};

std::filesystem::path find_chapter(const std::string& name) {
  std::string there;
  for (const auto& chapter : lab::built_chapters({"server", "client"})) {
    if (chapter.filename() == name) return chapter;
    there += " " + chapter.filename().string();
  }
  throw std::runtime_error("no such chapter: " + name + "; there are" + there);
}

std::string format(const char* text, double value) {
  std::array<char, 64> buffer;
  std::snprintf(buffer.data(), buffer.size(), text, value);
  return buffer.data();
}

/// At 0, and at each round number after it: about six of them.
std::vector<Mark> ticks_until(double end) {
  const double rough = end / 6;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {2.0, 5.0, 10.0}) {
    if (step < rough) step = power * factor;
  }
  std::vector<Mark> ticks;
  for (int i = 0; i * step <= end; ++i) ticks.push_back({i * step, format("%g s", i * step)});
  return ticks;
}

}  // namespace

Chart run_chapter(const std::string& name, const lab::Workload& workload) {
  Arrivals arrivals(workload.clients);
  Threads threads;
  const lab::Cost cost = measure(find_chapter(name), workload,
                                 [&](Duration elapsed, const auto& output, pid_t server) {
                                   arrivals.look(elapsed, output);
                                   threads.look(elapsed, server);
                                 });
  Chart chart;
  chart.title = name + ": " + std::to_string(workload.clients) + " clients at once, " +
                format("%.2f s", seconds(cost.wall));
  chart.note = "The server: " + std::to_string(cost.threads) +
               (cost.threads == 1 ? " thread, " : " threads at their peak, ") +
               format("%.3f s of CPU time. ", seconds(cost.cpu)) +
               format("Between start and end: %g s.", seconds(workload.delay));
  chart.rows = arrivals.rows();
  chart.rows.push_back({"", -1, -1, {}, {}, true});
  for (const Row& row : threads.rows()) chart.rows.push_back(row);
  const double one_by_one = seconds(workload.delay) * static_cast<double>(workload.clients);
  chart.end = std::max(one_by_one * 1.05, seconds(cost.wall));
  chart.width = 760;
  chart.ticks = ticks_until(chart.end);
  return chart;
}

}  // namespace timeline
