// What looks wrong in a trace? Tasks that behave as those do that have one of four mistakes in
// them.
#pragma once

#include <cstddef>
#include <string>

#include "common/clock.hpp"

namespace timeline {

/// A line for each task and each of these that it does, or one line that says that there is none:
///
///  - it wakes itself: so most of its polls came about
///  - it is woken for nothing: most polls that came of another's wake found nothing ready
///  - it blocks its thread: a poll took as long as `long_poll`
///  - it waits: its last poll was pending, and nobody has woken it before the trace ends. (An idle
///    server that was killed does so, too: whether news could still come is not in a trace.)
///
/// (tokio-console warns of the first one, and of lost wakers, which is the last one.) Sets `found`
/// to the number of such lines. Throws as `read_trace`.
std::string lint_trace(const std::string& file, common::Duration long_poll, std::size_t& found);

}  // namespace timeline
