// Is there a ring to be had? Not everywhere: it can be forbidden, and the kernel may be too old.
#pragma once

#include <liburing.h>

#include <cerrno>
#include <memory>
#include <string>

#include "common/error.hpp"

namespace runtime {

/// Passes on a result of liburing's, or throws where it is the negative of an error number.
inline int check_ring(int result, const char* call) {
  if (result < 0) common::throw_error(-result, call);
  return result;
}

/// True if the kernel is 6.0 or newer: it knows the last operation that came with that.
inline bool is_new_enough(io_uring& ring) {
  const std::unique_ptr<io_uring_probe, void (*)(io_uring_probe*)> probe(
      io_uring_get_probe_ring(&ring), io_uring_free_probe);
  return probe && io_uring_opcode_supported(probe.get(), IORING_OP_SEND_ZC) != 0;
}

/// Makes `ring`, with room for `entries` operations that are handed over at once, and for eight
/// times as many completions. See io_uring_queue_init_params(3). Throws std::system_error, one line
/// that says what to use `instead`
/// ("io_uring_setup (needs permission and Linux 6.0; without: --driver epoll): Operation not
/// permitted").
inline void open_ring(io_uring& ring, unsigned entries, unsigned flags,
                      const std::string& instead) {
  // EPERM: kernel.io_uring_disabled, or a container's seccomp profile, whose answer may also be
  // ENOSYS. EINVAL: flags that an old kernel does not know.
  io_uring_params params{};
  params.flags = flags | IORING_SETUP_CQSIZE;
  params.cq_entries = 8 * entries;  // one operation may complete many times
  int error = -io_uring_queue_init_params(entries, &ring, &params);
  if (error == 0) {
    if (is_new_enough(ring)) return;
    io_uring_queue_exit(&ring);
    error = ENOSYS;
  }
  if (error == EINVAL) error = ENOSYS;
  const bool forbidden = error == EPERM || error == EACCES || error == ENOSYS;
  const std::string needs = forbidden         ? "permission and Linux 6.0"
                            : error == ENOMEM ? "locked memory: ulimit -l"
                                              : "";
  const std::string why = needs.empty() ? "" : " (needs " + needs + "; without: " + instead + ")";
  common::throw_error(error, "io_uring_setup" + why);
}

}  // namespace runtime
