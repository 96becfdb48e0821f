// What does every server set before it starts? Two things that belong to the whole process.
#pragma once

namespace common {

/// Makes the process fit to serve:
///
///  - SIGPIPE is ignored. Its default is to end the process when it writes to a peer that is gone;
///    ignored, the write fails with EPIPE and costs one connection. See signal(7), write(2).
///  - The soft limit of open files is raised to the hard one. See getrlimit(2), RLIMIT_NOFILE.
void prepare_server();

}  // namespace common
