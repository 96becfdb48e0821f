// Who runs in a terminal? /proc knows; see proc(5).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace check_text {

struct Process {
  pid_t id;
  pid_t group;
  bool asleep;  ///< it waits for something
  long cpu;     ///< what it has used, in clock ticks
};

/// The processes of a session that run or could run on: those that have ended do not count, even
/// if nobody has waited for them yet. See setsid(2).
std::vector<Process> session_members(pid_t session);

/// A process's command line as the kernel has it. That of a child is its parent's, until exec.
std::string command_line(pid_t process);

}  // namespace check_text
