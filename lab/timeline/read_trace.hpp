// What does a trace of chapter 07's runtime show? A row for the driver and one for each task.
#pragma once

#include <string>

#include "chart.hpp"

namespace timeline {

/// Makes a chart of a file that `--trace` has written. Time is not to scale there: polls take
/// microseconds and waits take seconds, so that each step has a place, and a longer one only a
/// little more. A slice that is not closed, because the program was killed, ends with the trace.
///
/// Throws std::runtime_error if the file cannot be read ("open trace.json: …") or is no trace.
Chart read_trace(const std::string& file);

}  // namespace timeline
