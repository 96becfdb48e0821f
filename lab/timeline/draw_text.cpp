#include "draw_text.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace timeline {

namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kLongestLabel = 46;
constexpr std::size_t kMostRows = 200;

/// In the order of what they say: a later one hides an earlier one.
struct Sign {
  Look look;
  char sign;
};
constexpr Sign kSigns[] = {{Look::park, '~'},    {Look::waiting, '.'}, {Look::served, '='},
                           {Look::asleep, '-'},  {Look::working, '#'}, {Look::wakes, 'w'},
                           {Look::pending, '='}, {Look::ready, '#'},   {Look::aborted, 'a'},
                           {Look::failed, 'X'}};
constexpr char kAlive = '.';

std::string shortened(const std::string& label) {
  return label.size() <= kLongestLabel ? label : label.substr(0, kLongestLabel - 3) + "...";
}

/// From places in the chart to columns.
class Scale {
 public:
  Scale(const Chart& chart, std::size_t columns) : end_(chart.end), columns_(columns) {}
  [[nodiscard]] std::size_t column(double place) const {
    const double column = place / end_ * static_cast<double>(columns_);
    return std::min(static_cast<std::size_t>(std::max(column, 0.0)), columns_ - 1);
  }

 private:
  double end_;
  std::size_t columns_;
};

void fill(std::string& line, const Scale& scale, double begin, double end, char sign) {
  const std::size_t first = scale.column(begin);
  const std::size_t last = std::max(scale.column(end), first + 1);
  std::fill(line.begin() + static_cast<std::ptrdiff_t>(first),
            line.begin() + static_cast<std::ptrdiff_t>(std::min(last, line.size())), sign);
}

std::string row_line(const Row& row, const Scale& scale, std::size_t columns) {
  std::string line(columns, ' ');
  if (row.end >= 0) fill(line, scale, row.begin, row.end, kAlive);
  for (const auto& [look, sign] : kSigns) {
    for (const Bar& bar : row.bars) {
      if (bar.look == look && bar.end >= bar.begin) fill(line, scale, bar.begin, bar.end, sign);
    }
  }
  return line;
}

/// As many times as have room, each with its sign `|` at its place.
std::string axis_line(const Chart& chart, const Scale& scale, std::size_t columns) {
  std::string line;
  for (const Mark& tick : chart.ticks) {
    const std::size_t column = scale.column(tick.at);
    const std::string text = "|" + tick.label;
    if ((column > 0 && column <= line.size()) || column + text.size() > columns) continue;
    line.resize(column, ' ');
    line += text;
  }
  return line;
}

std::string legend(const Chart& chart) {
  std::string line;
  for (const Sign& each : kSigns) {
    const bool used = std::any_of(chart.rows.begin(), chart.rows.end(), [&](const Row& row) {
      return std::any_of(row.bars.begin(), row.bars.end(),
                         [&](const Bar& bar) { return bar.look == each.look; });
    });
    if (used) {
      line += (line.empty() ? "" : "   ") + std::string(1, each.sign) + " " + name_of(each.look);
    }
  }
  return line;
}

std::string trimmed(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::string draw_text(const Chart& chart) {
  const std::size_t rows = std::min(chart.rows.size(), kMostRows);
  std::size_t width = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    width = std::max(width, shortened(chart.rows[i].label).size());
  }
  const std::size_t columns = kColumns - width - 1;
  const Scale scale(chart, columns);

  std::string text = chart.title + "\n" + chart.note + "\n\n";
  for (std::size_t i = 0; i < rows; ++i) {
    std::string label = shortened(chart.rows[i].label);
    label.resize(width + 1, ' ');
    text += trimmed(label + row_line(chart.rows[i], scale, columns));
  }
  if (rows < chart.rows.size()) {
    text += "and " + std::to_string(chart.rows.size() - rows) + " rows more\n";
  }
  text += trimmed(std::string(width + 1, ' ') + axis_line(chart, scale, columns));
  return text + "\n" + legend(chart) + "\n";
}

}  // namespace timeline
