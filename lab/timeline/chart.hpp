// What is drawn, whatever it was made from and however it is drawn? Rows of bars over time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace timeline {

/// What a bar stands for.
enum class Look : char {
  park,
  wakes,
  pending,
  ready,
  failed,
  aborted,
  waiting,
  served,
  asleep,
  working
};

/// All places are in units of the chart's own, from 0 to its `end`.
struct Bar {
  double begin = 0;
  double end = 0;
  Look look = Look::park;
  std::string label;  ///< in the bar, where there is room
  std::string says;   ///< shown to whoever points at it
};

struct Mark {
  double at = 0;
  std::string label;
};

struct Row {
  std::string label;
  double begin = -1;  ///< of a life that the bars are parts of, such as a task's; -1 for none
  double end = -1;
  std::vector<Bar> bars;
  std::vector<Mark> marks;
  bool thin = false;  ///< one of many: where it is of use, it takes less room
};

struct Arrow {
  std::size_t from_row = 0;
  double from = 0;
  std::size_t to_row = 0;
  double to = 0;
};

struct Chart {
  std::string title;
  std::string note;  ///< a second line
  std::vector<Row> rows;
  std::vector<Arrow> arrows;
  std::vector<Mark> ticks;  ///< of the time axis, in order: as many are drawn as have room
  double end = 1;
  double width = 640;  ///< in pixels, where that is of use
};

/// What the legend says of it: "poll: pending".
inline const char* name_of(Look look) {
  switch (look) {
    case Look::park:
      return "driver: waits";
    case Look::wakes:
      return "driver, thread: wakes";
    case Look::pending:
      return "poll: pending";
    case Look::ready:
      return "poll: ready";
    case Look::failed:
      return "poll: failed";
    case Look::aborted:
      return "aborted";
    case Look::waiting:
      return "waits for its start";
    case Look::served:
      return "from its start to its end";
    case Look::asleep:
      return "thread: asleep";
    case Look::working:
      return "thread: at work";
  }
  return "";
}

}  // namespace timeline
