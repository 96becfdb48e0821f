// What stands in for ring.cpp in a program that was built without liburing? An error.
#include <cerrno>

#include "common/error.hpp"
#include "runtime/io/selector.hpp"

namespace runtime {

std::unique_ptr<Selector> make_ring() {
  common::throw_error(ENOSYS, "io_uring (built without liburing; without: --driver epoll)");
}

}  // namespace runtime
