// Exercise: fix this. It is right where the caller keeps the bytes for long enough.

#include "owned.hpp"

void start_write(Ring& ring, int fd, std::string_view bytes) {
  io_uring_sqe* const entry = io_uring_get_sqe(&ring.ring);
  io_uring_prep_write(entry, fd, bytes.data(), static_cast<unsigned>(bytes.size()), 0);
}

int turn(Ring& ring) {
  runtime::check_ring(io_uring_submit_and_wait(&ring.ring, 1), "io_uring_enter");
  io_uring_cqe* done = nullptr;
  runtime::check_ring(io_uring_wait_cqe(&ring.ring, &done), "io_uring_enter");
  const int result = done->res;
  io_uring_cqe_seen(&ring.ring, done);
  return result;
}
