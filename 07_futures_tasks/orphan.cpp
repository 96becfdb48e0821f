// 07, one step more: to destroy a read on a ring is not to stop it.
//
// A read is given up, and where its future was, a note is made. Then the bytes come. Who still
// writes where the future was?
//
//   build/07_futures_tasks/orphan

#include <liburing.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <variant>

#include "common/cli.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "runtime/io/open_ring.hpp"

namespace {

using Buffer = std::array<char, 32>;

/// What `--help` lists under "break it", and one thing more.
struct Flags {
  bool buffer_in_future = false;
  bool too_late = false;
};

struct Ring {
  Ring() { runtime::open_ring(ring, 8, 0, "any program of chapter 07 but this one"); }
  Ring(Ring&&) = delete;
  ~Ring() { io_uring_queue_exit(&ring); }

  /// Begins a read into `buffer`; `data` comes back with its completion.
  void receive(int socket, Buffer& buffer, void* data) {
    io_uring_sqe* const entry = io_uring_get_sqe(&ring);
    io_uring_prep_recv(entry, socket, buffer.data(), buffer.size(), 0);
    io_uring_sqe_set_data(entry, data);
    runtime::check_ring(io_uring_submit(&ring), "io_uring_enter");
  }

  io_uring ring{};
};

/// The mistake: the future owns the buffer. Nothing tells the kernel that it is gone.
class CarelessRead {
 public:
  CarelessRead(Ring& ring, int socket) { ring.receive(socket, buffer_, nullptr); }
  CarelessRead(CarelessRead&&) = delete;

 private:
  Buffer buffer_{};
};

/// What the kernel works with. Its owner is the loop, until the completion has come.
struct Operation {
  Buffer buffer{};
  bool orphan = false;
};

/// The repair: a future that only refers to its operation.
class Read {
 public:
  Read(Ring& ring, int socket) : ring_(ring) {
    ring.receive(socket, operation_->buffer, operation_);
  }
  Read(Read&&) = delete;
  ~Read() {
    operation_->orphan = true;
    io_uring_sqe* const entry = io_uring_get_sqe(&ring_.ring);
    io_uring_prep_cancel(entry, operation_, 0);
    entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data(entry, nullptr);
    io_uring_submit(&ring_.ring);  // at once; a loop does it with its next turn
  }

 private:
  Ring& ring_;
  Operation* const operation_ = new Operation;
};

struct Note {
  explicit Note(std::string_view text) { text.copy(bytes.data(), bytes.size() - 1); }
  Buffer bytes{};
};

/// The loop: waits for what becomes of the read.
void wait_for_read(Ring& ring) {
  io_uring_cqe* done = nullptr;
  runtime::check_ring(io_uring_submit_and_wait(&ring.ring, 1), "io_uring_enter");
  runtime::check_ring(io_uring_wait_cqe(&ring.ring, &done), "io_uring_enter");
  auto* const operation = static_cast<Operation*>(io_uring_cqe_get_data(done));
  std::printf("the read: %s\n", done->res < 0
                                    ? std::strerror(-done->res)
                                    : (std::to_string(done->res) + " bytes have come").c_str());
  if (operation != nullptr && operation->orphan) delete operation;
  io_uring_cqe_seen(&ring.ring, done);
}

void run(const Flags& flags) {
  std::array<int, 2> ends;
  common::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
  const common::Fd ours(ends[0]);
  const common::Fd peer(ends[1]);
  const std::string_view bytes = "KERNEL";

  Ring ring;
  std::variant<std::monostate, CarelessRead, Read, Note> place;
  if (flags.buffer_in_future) {
    place.emplace<CarelessRead>(ring, ours.get());
  } else {
    place.emplace<Read>(ring, ours.get());
  }
  if (flags.too_late) common::write_all(peer.get(), bytes);
  // The time is over: the future is destroyed, and something else is there.
  const Note& note = place.emplace<Note>("nobody writes here but me");
  if (!flags.too_late) common::write_all(peer.get(), bytes);
  wait_for_read(ring);
  std::printf("the note: %s\n", note.bytes.data());

  Buffer next{};
  const bool any = ::recv(ours.get(), next.data(), next.size(), MSG_DONTWAIT) > 0;
  std::printf("the next read: %s\n", any ? next.data() : "nothing");
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  common::CommandLine cli("A read on a ring is given up, and then its bytes come.",
                          "build/07_futures_tasks/orphan --buffer-in-future");
  cli.add_flag("--too-late", "the bytes come before the read is given up", flags.too_late);
  cli.add_break_it("--buffer-in-future", "the kernel's buffer is in what is destroyed",
                   flags.buffer_in_future);
  return cli.run(argc, argv, [&] {
    run(flags);
    return 0;
  });
}
