// How long does each of ten clients wait for its chapter's server? A real run shows it.
#pragma once

#include <string>

#include "chart.hpp"
#include "lab/support/measure.hpp"

namespace timeline {

/// Runs the chapter's client against its server, as `measure` does, and notes when each
/// connection's "start" and "end" arrive: a row for each, in the order of their numbers.
///
/// Throws std::runtime_error if no such chapter is built, and what `measure` throws.
Chart run_chapter(const std::string& name, const lab::Workload& workload);

}  // namespace timeline
