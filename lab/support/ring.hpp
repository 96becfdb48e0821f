// Can programs use io_uring here? It can be forbidden, the kernel may be too old, or liburing was
// not there to build with.
#pragma once

#include <string>

namespace lab {

/// Why no ring can be made here, in a line. Nothing where one can be made.
std::string why_no_ring();

/// The same for a test: prints it, so that CTest counts the test as skipped, and is false.
/// `program` is one that is there only if it was built with liburing.
bool has_ring(const std::string& program = "/proc/self/exe");

}  // namespace lab
