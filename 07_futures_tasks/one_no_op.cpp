// 07, one step more: a ring without a library. One operation that does nothing, and its completion.
//
// Two system calls, and memory that the program and the kernel share. liburing does no more than
// this.
//
//   build/07_futures_tasks/one_no_op

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdio>

#include "common/cli.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"

namespace {

/// A part of what the kernel shares.
class Shared {
 public:
  Shared(int ring, std::size_t size, off_t which)
      : bytes_(static_cast<char*>(
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, which))) {
    common::check(reinterpret_cast<long>(bytes_), "mmap");
  }
  /// What is `offset` bytes from its beginning.
  template <class T>
  T& at(unsigned offset) const {
    return *reinterpret_cast<T*>(bytes_ + offset);
  }

 private:
  char* const bytes_;
};

void run() {
  io_uring_params params{};
  const common::Fd ring(
      static_cast<int>(common::check(::syscall(SYS_io_uring_setup, 1, &params),
                                     "io_uring_setup (needs permission and Linux 6.0; without: any "
                                     "other program of chapter 07)")));
  const Shared submissions(ring.get(), params.sq_off.array + sizeof(unsigned), IORING_OFF_SQ_RING);
  const Shared entries(ring.get(), sizeof(io_uring_sqe), IORING_OFF_SQES);
  const Shared completions(ring.get(), params.cq_off.cqes + 2 * sizeof(io_uring_cqe),
                           IORING_OFF_CQ_RING);

  // What is to be done is written down first, and then its number is put into the ring.
  entries.at<io_uring_sqe>(0) = {};
  entries.at<io_uring_sqe>(0).opcode = IORING_OP_NOP;
  entries.at<io_uring_sqe>(0).user_data = 42;
  submissions.at<unsigned>(params.sq_off.array) = 0;
  // The tail is ours to move: whoever sees it moved sees the entry, too.
  std::atomic_ref(submissions.at<unsigned>(params.sq_off.tail)).store(1, std::memory_order_release);

  common::check(::syscall(SYS_io_uring_enter, ring.get(), 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0),
                "io_uring_enter");

  // This tail is the kernel's, and its head is ours.
  const unsigned tail =
      std::atomic_ref(completions.at<unsigned>(params.cq_off.tail)).load(std::memory_order_acquire);
  const auto& done = completions.at<io_uring_cqe>(params.cq_off.cqes);
  std::printf("%u completion: operation %llu returned %d\n", tail, done.user_data, done.res);
  std::atomic_ref(completions.at<unsigned>(params.cq_off.head)).store(1, std::memory_order_release);
}

}  // namespace

int main(int argc, char** argv) {
  common::CommandLine cli(
      "Makes a ring by the bare system calls, and one operation that does nothing.",
      "strace -e trace=/io_uring build/07_futures_tasks/one_no_op");
  return cli.run(argc, argv, [&] {
    run();
    return 0;
  });
}
