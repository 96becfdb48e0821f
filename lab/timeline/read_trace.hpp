// What does a trace of chapter 07's runtime show? A row for the driver and one for each task.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>

#include "chart.hpp"

namespace timeline {

/// Makes a chart of a file that `--trace` has written. Time is not to scale there: polls take
/// microseconds and waits take seconds, so that each step has a place, and a longer one only a
/// little more. A slice that is not closed, because the program was killed, ends with the trace.
///
/// Throws std::runtime_error if the file cannot be read ("open trace.json: …") or is no trace.
Chart read_trace(const std::string& file);

// For whoever looks at a trace in another way:

inline constexpr int kTasks = 1;  ///< the process number of tasks in it; the driver's is 2

/// The file's JSON, whatever it says. Throws as `read_trace`.
nlohmann::json load_trace(const std::string& file);
/// "20.1 ms", from microseconds.
std::string time_text(double us);
/// "1 task", "2 tasks".
std::string counted(std::size_t count, const std::string& what);

}  // namespace timeline
