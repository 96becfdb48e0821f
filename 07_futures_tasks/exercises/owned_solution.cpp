// One answer: the operation has a copy, of which it is the owner.

#include "owned.hpp"

#include <memory>
#include <string>

void start_write(Ring& ring, int fd, std::string_view bytes) {
  auto kept = std::make_unique<std::string>(bytes);
  io_uring_sqe* const entry = io_uring_get_sqe(&ring.ring);
  io_uring_prep_write(entry, fd, kept->data(), static_cast<unsigned>(kept->size()), 0);
  io_uring_sqe_set_data(entry, kept.release());  // the ring's, until the completion brings it back
}

int turn(Ring& ring) {
  runtime::check_ring(io_uring_submit_and_wait(&ring.ring, 1), "io_uring_enter");
  io_uring_cqe* done = nullptr;
  runtime::check_ring(io_uring_wait_cqe(&ring.ring, &done), "io_uring_enter");
  const std::unique_ptr<std::string> kept(static_cast<std::string*>(io_uring_cqe_get_data(done)));
  const int result = done->res;
  io_uring_cqe_seen(&ring.ring, done);
  return result;
}
