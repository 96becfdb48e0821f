// What does a program set before it starts? What belongs to the whole process.
#pragma once

namespace common {

/// Makes up for what a shell would have given; CommandLine::run begins with it. Descriptors 0 to 2
/// that are closed (`server 2>&-`) are opened, on /dev/null: otherwise the next thing that is
/// opened gets such a number, and a line for standard error goes into a client's socket. And
/// SIGXFSZ is ignored: a log file that may not grow (`ulimit -f`) is a write that fails, and no
/// end.
void prepare_process();

/// Raises the soft limit of open files to the hard one: each connection is an open file, and the
/// soft limit is often 1,024. See getrlimit(2), RLIMIT_NOFILE.
void raise_file_limit();

/// Makes the process fit to serve: raises the file limit, and ignores SIGPIPE, whose default is to
/// end a process that writes to a peer that is gone. Ignored, the write fails with EPIPE and costs
/// one connection. See signal(7), write(2).
void prepare_server();

}  // namespace common
