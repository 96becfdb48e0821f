// Which parts of a program's output differ from run to run? Those are compared as "#".
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
std::string normalise(std::string line);

/// `output` without the escape sequences for colours, which some programs send to any terminal.
std::string without_colours(const std::string& output);

/// Each line normalised.
Lines normalise(Lines lines);

}  // namespace check_text
