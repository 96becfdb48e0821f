// How does a chart look in a terminal? A line for each row.
#pragma once

#include <string>

#include "chart.hpp"

namespace timeline {

/// The chart in at most 100 columns of ASCII. Where several bars share a column, the one that says
/// most is shown: a failure before an abort, an end, a wait.
std::string draw_text(const Chart& chart);

}  // namespace timeline
