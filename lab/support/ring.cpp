#include "lab/support/ring.hpp"

#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "common/fd.hpp"

namespace lab {

std::string why_no_ring() {
  constexpr unsigned kSince60 = 1U << 12;  // IORING_SETUP_SINGLE_ISSUER
  io_uring_params params{};
  params.flags = kSince60 | IORING_SETUP_CQSIZE;
  params.cq_entries = 8192;  // as large as any here
  const common::Fd ring(static_cast<int>(::syscall(SYS_io_uring_setup, 1024, &params)));
  if (ring) return {};
  return "io_uring cannot be used here (it needs permission, Linux 6.0, and locked memory: "
         "ulimit -l): io_uring_setup: " +
         std::generic_category().message(errno);
}

bool has_ring(const std::string& program) {
  std::string why_not = why_no_ring();
  if (!std::filesystem::exists(program)) why_not = "built without liburing (package liburing-dev)";
  if (!why_not.empty()) std::printf("skipped: %s\n", why_not.c_str());
  return why_not.empty();
}

}  // namespace lab
