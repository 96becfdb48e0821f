// Which flags do all programs of this chapter take? Those that say how its tasks run.
#pragma once

#include <cstddef>

#include "common/cli.hpp"
#include "runtime/executor/options.hpp"

/// --trace: the file to which a runtime writes what its tasks do.
inline void add_trace_flag(common::CommandLine& cli, runtime::Options& options) {
  cli.add_text("--trace", "write what the tasks do to this file, for ui.perfetto.dev",
               options.trace, "FILE");
}

/// --trace, --workers and --driver. For the last two, environment variables may stand: WORKERS and
/// DRIVER.
inline void add_runtime_flags(common::CommandLine& cli, runtime::Options& options) {
  cli.add_count("--workers", "threads that run tasks; 0: the main thread alone", options.workers, 0,
                1'000, "WORKERS");
  cli.add_choice(
      "--driver", "how the kernel is asked what is ready", {"epoll", "io_uring"},
      [&options](std::size_t chosen) { options.driver = static_cast<runtime::DriverKind>(chosen); },
      "DRIVER");
  add_trace_flag(cli, options);
}
