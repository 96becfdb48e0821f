// A write that owns its bytes. The exercise: make it so.
//
// write(2) has taken the bytes when it returns. On a ring the kernel takes them later. Until its
// completion has come somebody has to keep them, and after that nobody should.
#pragma once

#include <liburing.h>

#include <string_view>

#include "runtime/io/open_ring.hpp"

/// A ring of eight entries.
struct Ring {
  Ring() { runtime::open_ring(ring, 8, 0, "any other exercise"); }
  Ring(Ring&&) = delete;
  ~Ring() { io_uring_queue_exit(&ring); }

  io_uring ring{};
};

/// Has `bytes` written to `fd`. The caller may change or free them as soon as this returns. Nothing
/// is handed over to the kernel before `turn`.
void start_write(Ring& ring, int fd, std::string_view bytes);

/// Hands over what was started, waits for one completion, and frees what it was about. Returns what
/// the write returned: how many bytes, or the negative of an error number.
int turn(Ring& ring);
