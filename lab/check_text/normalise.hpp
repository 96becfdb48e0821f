// Which parts of a program's output differ from run to run, or from one system to another? Those
// are compared as "#", or in one spelling.
#pragma once

#include <string>

#include "lines.hpp"

namespace check_text {

/// A line of output without what chance decides:
///
///  - times with a unit (0.123s, 1m2.003s, 12.5ms, 250us), times of day, and what strace and others
///    print with six decimals become #
///  - hexadecimal addresses become 0x#
///  - process ids become #, where it is plain that they are: "[pid 1234]", "Process 1234",
///    and a shell's "[1] 1234"
///  - five-digit ports become #, after a local address or in htons()
///  - a run of blanks becomes one blank; none stay at the end
///
/// And in one of the spellings that tools and kernels have:
///
///  - an epoll event's data={u32=1, u64=1}, or data=0x1 of a newer strace, becomes data=1
///  - ppoll, epoll_pwait and pselect6, which are all that arm64 has of these, become poll,
///    epoll_wait and select, with their arguments
///  - what a newer bash says behind "Aborted", the command, is left out
std::string normalise(std::string line);

/// `output` without the escape sequences for colours, which some programs send to any terminal.
std::string without_colours(const std::string& output);

/// Each line normalised, without those in which a newer nc says that it has connected.
Lines normalise(Lines lines);

}  // namespace check_text
