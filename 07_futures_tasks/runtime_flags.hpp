// Which flags do all programs of this chapter take? Those that say how its tasks run.
#pragma once

#include "common/cli.hpp"
#include "runtime/executor/block_on.hpp"

/// --workers and --trace.
inline void add_runtime_flags(common::CommandLine& cli, runtime::Options& options) {
  cli.add_workers(options.workers);
  cli.add_trace(options.trace);
}
