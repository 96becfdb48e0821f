// How does a chart become a picture? As SVG, which a text editor can read, too.
#pragma once

#include <string>

#include "chart.hpp"

namespace timeline {

/// The chart as a document that needs nothing else: no fonts, no scripts. Its background is
/// transparent, and its colours go with a light page and a dark one. The same chart gives the same
/// bytes. What there is too much of is left out, and the picture says so.
std::string draw_svg(const Chart& chart);

}  // namespace timeline
