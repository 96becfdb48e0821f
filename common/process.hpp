// What does every server set before it starts? Two things that belong to the whole process.
#pragma once

namespace common {

/// Raises the soft limit of open files to the hard one: each connection is an open file, and the
/// soft limit is often 1,024. See getrlimit(2), RLIMIT_NOFILE.
void raise_file_limit();

/// Makes the process fit to serve: raises the file limit, and ignores SIGPIPE, whose default is to
/// end a process that writes to a peer that is gone. Ignored, the write fails with EPIPE and costs
/// one connection. See signal(7), write(2).
void prepare_server();

}  // namespace common
