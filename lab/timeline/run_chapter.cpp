#include "run_chapter.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "lab/support/chapters.hpp"

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
  const lab::Cost cost =
      measure(find_chapter(name), workload,
              [&](Duration elapsed, const auto& output) { arrivals.look(elapsed, output); });
  Chart chart;
  chart.title = name + ": " + std::to_string(workload.clients) + " clients at once, " +
                format("%.2f s", seconds(cost.wall));
  chart.note = "The server: " + std::to_string(cost.threads) +
               (cost.threads == 1 ? " thread, " : " threads at their peak, ") +
               format("%.3f s of CPU time. ", seconds(cost.cpu)) +
               format("Between start and end: %g s.", seconds(workload.delay));
  chart.rows = arrivals.rows();
  chart.end = seconds(cost.wall);
  chart.ticks = ticks_until(chart.end);
  return chart;
}

}  // namespace timeline
