// How long does each of ten clients wait for its chapter's server, and what do the server's threads
// do meanwhile? A real run shows it.
#pragma once

#include <string>

#include "chart.hpp"
#include "lab/support/measure.hpp"

namespace timeline {

/// Runs the chapter's client against its server, as `measure` does, and notes when each
/// connection's "start" and "end" arrive: a row for each, in the order of their numbers. Below
/// these, a row for each of the server's threads: it is at work when it runs, or would if there
/// were a core for it. That is looked up every few milliseconds, and true to that.
///
/// The axis is as long as the delays of all clients, one after the other, and so the same for all
/// chapters.
///
/// Throws std::runtime_error if no such chapter is built, and what `measure` throws.
Chart run_chapter(const std::string& name, const lab::Workload& workload);

}  // namespace timeline
