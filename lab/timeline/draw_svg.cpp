#include "draw_svg.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace timeline {

namespace {

constexpr std::size_t kMostRows = 120;
constexpr std::size_t kMostArrows = 2000;
constexpr std::size_t kLongestLabel = 46;
constexpr std::size_t kShortestLabel = 14;  // of a mark, when it is cut off
constexpr double kMargin = 12;
constexpr double kLabelGap = 8;
constexpr double kLeastWidth = 420;
constexpr double kMostWidth = 720;
constexpr double kLetter = 7.3;  // a letter of the labels: 12 pixels high, of a fixed width
constexpr double kSmallLetter = 6.1;
constexpr double kNarrowestBar = 1.5;  // pixels: each poll can be seen
constexpr double kThinRow = 12;        // pixels high
constexpr double kTallRow = 34;
constexpr double kLine = 14;              // of labels
constexpr double kMarks = 2 * kLine + 6;  // above the bars of a row: its marks, and their labels
constexpr std::size_t kLongLabel = 24;    // of a row: it has two lines, where rows are not thin

struct Colour {
  Look look;
  const char* name;
};
constexpr std::array kColours = {
    Colour{Look::park, "park"},       Colour{Look::wakes, "wakes"},
    Colour{Look::waiting, "waiting"}, Colour{Look::served, "served"},
    Colour{Look::asleep, "asleep"},   Colour{Look::working, "working"},
    Colour{Look::pending, "pending"}, Colour{Look::ready, "ready"},
    Colour{Look::failed, "failed"},   Colour{Look::aborted, "aborted"}};

// Each colour stands out from white and from black. The text alone changes with the page.
constexpr const char* kStyle = R"(<style>
text { font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #6e7781 }
.title { font-weight: bold; font-size: 13px }
.small { font-size: 10px }
.axis { stroke: #8c959f; stroke-opacity: 0.35 }
.life { stroke: #8c959f; stroke-opacity: 0.6 }
.mark { stroke: #0a9dc4; stroke-width: 1.5 }
.arrow { stroke: #8c959f; stroke-opacity: 0.75; fill: none }
.head { fill: #8c959f }
.park { fill: #8c959f; fill-opacity: 0.3 }
.wakes { fill: #0a9dc4 }
.waiting { fill: #3b8eea; fill-opacity: 0.25 }
.served { fill: #3b8eea }
.asleep { fill: #8c959f; fill-opacity: 0.4 }
.working { fill: #e5484d }
.pending { fill: #d99a1c }
.ready { fill: #2da44e }
.failed { fill: #e5484d }
.aborted { fill: #a05cff }
@media (prefers-color-scheme: light) { text { fill: #24292f } }
@media (prefers-color-scheme: dark) { text { fill: #d0d7de } }
</style>
<defs><marker id="head" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="5" markerHeight="5" orient="auto"><path class="head" d="M0 0 L6 3 L0 6 z"/></marker></defs>
)";

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '"') {
      result += "&quot;";
    } else {
      result += c;
    }
  }
  return result;
}

std::string number(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

std::string attribute(const char* name, double value) {
  return std::string(" ") + name + "=\"" + number(value) + "\"";
}

std::string shortened(const std::string& label, std::size_t most = kLongestLabel) {
  return label.size() <= most ? label : label.substr(0, most - 1) + "\u2026";
}

double small_width(const std::string& label) {
  return static_cast<double>(label.size()) * kSmallLetter;
}

/// The label of a row, in lines. The second one of a task's is the place that spawned it.
std::vector<std::string> lines_of(const std::string& label) {
  const std::size_t space = label.rfind(' ');
  if (label.size() <= kLongLabel || space == std::string::npos) return {label};
  return {label.substr(0, space), label.substr(space + 1)};
}

class Picture {
 public:
  explicit Picture(const Chart& chart)
      : chart_(chart), rows_(std::min(chart.rows.size(), kMostRows)) {
    if (rows_ > 40) row_height_ = kThinRow;
    std::size_t longest = 0;
    for (std::size_t i = 0; i < rows_; ++i) {
      const std::vector<std::string> lines = label_of(i);
      if (lines.size() > 1) row_height_ = kTallRow;
      for (const std::string& each : lines) longest = std::max(longest, each.size());
    }
    left_ = kMargin + static_cast<double>(longest) * letter() + 8;
    width_ = std::clamp(chart.width, kLeastWidth, kMostWidth);
    bottom_ = top_of(rows_) + 4;
  }

  std::string draw() {
    text("title", kMargin, 22, chart_.title);
    text("", kMargin, 38, chart_.note);
    draw_axis();
    for (std::size_t i = 0; i < rows_; ++i) draw_row(i);
    draw_arrows();
    double y = bottom_ + 20;
    y = draw_omissions(y);
    y = draw_legend(y + 18);
    return head(y + kMargin) + body_ + "</svg>\n";
  }

 private:
  [[nodiscard]] std::vector<std::string> label_of(std::size_t row) const {
    const std::string label = shortened(chart_.rows[row].label);
    return height_of(row) == kThinRow ? std::vector{label} : lines_of(label);
  }
  [[nodiscard]] double letter() const { return row_height_ == kThinRow ? kSmallLetter : kLetter; }
  [[nodiscard]] bool has_marks(std::size_t row) const { return !chart_.rows[row].marks.empty(); }
  [[nodiscard]] double x_of(double place) const { return left_ + place / chart_.end * width_; }
  [[nodiscard]] double height_of(std::size_t row) const {
    return chart_.rows[row].thin ? kThinRow : row_height_;
  }
  [[nodiscard]] double bar_height(std::size_t row) const { return height_of(row) - 6; }

  [[nodiscard]] double top_of(std::size_t row) const {
    double top = 52;
    for (std::size_t i = 0; i < row; ++i) top += height_of(i) + (has_marks(i) ? kMarks : 0);
    return top;
  }
  [[nodiscard]] double bar_top(std::size_t row) const {
    return top_of(row) + 3 + (has_marks(row) ? kMarks : 0);
  }
  [[nodiscard]] double middle(std::size_t row) const { return bar_top(row) + bar_height(row) / 2; }

  [[nodiscard]] std::string head(double height) const {
    const double least =
        kMargin * 2 +
        static_cast<double>(std::max(chart_.title.size() * 12 / 10, chart_.note.size())) * kLetter;
    const std::string width = number(std::max(left_ + width_ + 4 * kMargin, least));
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" +
           number(height) + "\" viewBox=\"0 0 " + width + " " + number(height) + "\">\n<title>" +
           escaped(chart_.title) + "</title>\n" + kStyle;
  }

  void text(const std::string& look, double x, double y, const std::string& what,
            const char* anchor = "start") {
    body_ += "<text" + (look.empty() ? "" : " class=\"" + look + "\"") + attribute("x", x) +
             attribute("y", y) + " text-anchor=\"" + anchor + "\">" + escaped(what) + "</text>\n";
  }

  void line(const char* look, double x1, double y1, double x2, double y2) {
    body_ += std::string("<line class=\"") + look + "\"" + attribute("x1", x1) +
             attribute("y1", y1) + attribute("x2", x2) + attribute("y2", y2) + "/>\n";
  }

  void bar(Look look, double x, double y, double width, double height, const std::string& says) {
    const auto* colour = std::find_if(kColours.begin(), kColours.end(),
                                      [&](const Colour& each) { return each.look == look; });
    body_ += std::string("<rect class=\"") + colour->name + "\"" + attribute("x", x) +
             attribute("y", y) + attribute("width", width) + attribute("height", height) +
             "><title>" + escaped(says) + "</title></rect>\n";
  }

  void draw_axis() {
    double free_from = 0;
    for (const Mark& tick : chart_.ticks) {
      const double x = x_of(tick.at);
      const double half = static_cast<double>(tick.label.size()) * kLetter / 2;
      if (x - half < free_from) continue;
      free_from = x + half + 12;
      line("axis", x, 48, x, bottom_);
      text("", x, bottom_ + 14, tick.label, "middle");
    }
  }

  void draw_row(std::size_t index) {
    const Row& row = chart_.rows[index];
    const std::vector<std::string> lines = label_of(index);
    double y = middle(index) + 4 - static_cast<double>(lines.size() - 1) * kLine / 2;
    for (const std::string& each : lines) {
      text(height_of(index) == kThinRow ? "small" : "", left_ - 8, y, each, "end");
      y += kLine;
    }
    if (row.end >= 0) line("life", x_of(row.begin), middle(index), x_of(row.end), middle(index));
    for (const Bar& each : row.bars) {
      const double x = x_of(each.begin);
      const double width = std::max(x_of(each.end) - x, kNarrowestBar);
      bar(each.look, x, bar_top(index), width, bar_height(index), each.says);
      if (each.label.empty() || small_width(each.label) + 4 > width) continue;
      text("small", x + width / 2, middle(index) + 3, each.label, "middle");
    }
    draw_marks(index);
  }

  void draw_marks(std::size_t index) {
    const std::vector<Mark>& marks = chart_.rows[index].marks;
    for (const Mark& mark : marks) {
      const double x = x_of(mark.at);
      line("mark", x, bar_top(index) - 9, x, bar_top(index) + bar_height(index));
    }
    // Of each group of marks the first has a label, on two lines in turn. So it has the room of two
    // groups. A longer one is cut off, or, at the very end, begins further left.
    std::vector<std::size_t> firsts;
    for (std::size_t i = 0; i < marks.size();) {
      firsts.push_back(i);
      const double least = small_width(shortened(marks[i].label, kShortestLabel)) + kLabelGap;
      const double taken = x_of(marks[i].at) + least;
      while (i < marks.size() && x_of(marks[i].at) < taken) ++i;
    }
    std::array<double, 2> taken{0, 0};
    for (std::size_t i = 0; i < firsts.size(); ++i) {
      const std::string& label = marks[firsts[i]].label;
      double x = x_of(marks[firsts[i]].at);
      const bool last = i + 2 >= firsts.size();
      const double end =
          last ? left_ + width_ + 3 * kMargin : x_of(marks[firsts[i + 2]].at) - kLabelGap;
      if (last) x = std::max(std::min(x, end - small_width(label)), taken[i % 2]);
      const auto room = static_cast<std::size_t>(std::max(end - x, 0.0) / kSmallLetter);
      text("small", x, bar_top(index) - 12 - static_cast<double>(i % 2) * kLine,
           shortened(label, std::max(room, kShortestLabel)));
      taken[i % 2] = std::min(end, x + small_width(label)) + kLabelGap;
    }
  }

  void draw_arrows() {
    if (chart_.arrows.size() > kMostArrows) return;
    for (const Arrow& arrow : chart_.arrows) {
      if (arrow.from_row >= rows_ || arrow.to_row >= rows_) continue;
      const double x1 = x_of(arrow.from);
      const double y1 = middle(arrow.from_row);
      const double x2 = x_of(arrow.to);
      const double y2 = middle(arrow.to_row);
      // Down or up first, and in from the left: so arrows of one fan can be told apart.
      body_ += "<path class=\"arrow\" marker-end=\"url(#head)\" d=\"M" + number(x1) + " " +
               number(y1) + " C" + number(x1) + " " + number(y2) + " " + number(x1) + " " +
               number(y2) + " " + number(x2) + " " + number(y2) + "\"/>\n";
    }
  }

  /// What is not there. Returns where there is room again.
  double draw_omissions(double y) {
    if (rows_ < chart_.rows.size()) {
      text("", kMargin, y += 16,
           std::to_string(chart_.rows.size() - rows_) + " rows more are not drawn.");
    }
    if (chart_.arrows.size() > kMostArrows) {
      text("", kMargin, y += 16,
           std::to_string(chart_.arrows.size()) + " arrows are too many to draw.");
    }
    return y;
  }

  double draw_legend(double y) {
    double x = kMargin;
    for (const Colour& colour : kColours) {
      const bool used = std::any_of(chart_.rows.begin(), chart_.rows.end(), [&](const Row& row) {
        return std::any_of(row.bars.begin(), row.bars.end(),
                           [&](const Bar& each) { return each.look == colour.look; });
      });
      if (!used) continue;
      const std::string name = name_of(colour.look);
      const double wide = 16 + static_cast<double>(name.size()) * kLetter + 18;
      if (x + wide > left_ + width_ && x > kMargin) {
        x = kMargin;
        y += 18;
      }
      body_ += std::string("<rect class=\"") + colour.name + "\"" + attribute("x", x) +
               attribute("y", y - 9) + attribute("width", 11) + attribute("height", 11) + "/>\n";
      text("", x + 16, y, name);
      x += wide;
    }
    return y;
  }

  const Chart& chart_;
  const std::size_t rows_;
  double row_height_ = 20;
  double left_ = 0;
  double width_ = 0;
  double bottom_ = 0;
  std::string body_;
};

}  // namespace

std::string draw_svg(const Chart& chart) {
  return Picture(chart).draw();
}

}  // namespace timeline
