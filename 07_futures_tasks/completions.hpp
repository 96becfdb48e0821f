// What does a server ask of a ring? To accept, to receive, to send; and then what of it is done.
#pragma once

#include <liburing.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "common/clock.hpp"
#include "provided_buffers.hpp"
#include "runtime/io/open_ring.hpp"

/// What the kernel is asked to do.
enum Kind : std::uint64_t { kCancel, kStop, kAccept, kReceive, kSend };

/// What an operation is known by: it comes back in its completions.
struct Token {
  Kind kind = kCancel;
  std::uint64_t number = 0;  // of the connection

  static constexpr std::uint64_t kKinds = 8;
  [[nodiscard]] std::uint64_t word() const { return number * kKinds + kind; }
  static Token of(const io_uring_cqe& done) {
    return {static_cast<Kind>(done.user_data % kKinds), done.user_data / kKinds};
  }
};

/// A ring for one thread. What it is asked to do begins with the next `wait`. Errors: "io_uring_…".
class Completions {
 public:
  /// Ready when `fd` can be read.
  void poll(const Token& token, int fd) {
    submit(token, [&](auto* entry) { io_uring_prep_poll_add(entry, fd, POLLIN); });
  }
  /// Completes for each connection, until it is cancelled or fails.
  void accept(const Token& token, int listener) {
    submit(token, [&](auto* entry) {
      io_uring_prep_multishot_accept(entry, listener, nullptr, nullptr, SOCK_CLOEXEC);
    });
  }
  /// Completes whenever bytes have come, which are then in `buffers()`: until it is cancelled or
  /// fails, the client's bytes have ended, or the buffers have run out.
  void receive(const Token& token, int socket) {
    submit(token, [&](auto* entry) {
      io_uring_prep_recv_multishot(entry, socket, nullptr, 0, 0);
      entry->flags |= IOSQE_BUFFER_SELECT;
      entry->buf_group = ProvidedBuffers::kGroup;
    });
  }
  /// Completes when all `bytes` are sent. They must stay where they are until then.
  void send(const Token& token, int socket, std::string_view bytes) {
    const int flags = MSG_WAITALL | MSG_NOSIGNAL;
    submit(token, [&](auto* entry) {
      io_uring_prep_send(entry, socket, bytes.data(), bytes.size(), flags);
    });
  }
  /// Asks for an end of what has that token. Its own completion comes all the same.
  void cancel(const Token& token) {
    submit({}, [&](auto* entry) { io_uring_prep_cancel64(entry, token.word(), 0); });
  }

  /// Hands over what is new, and sleeps until something is done, or until `deadline`: one system
  /// call. Then calls `handle` with each completion.
  template <class Handle>
  void wait(common::Clock::time_point deadline, Handle handle) {
    io_uring_cqe* done = nullptr;
    __kernel_timespec limit = time_until(deadline);
    const bool endless = deadline == common::Clock::time_point::max();
    const int error = io_uring_submit_and_wait_timeout(&ring_.ring, &done, 1,
                                                       endless ? nullptr : &limit, nullptr);
    if (error != -ETIME && error != -EINTR) runtime::check_ring(error, "io_uring_enter");
    while (io_uring_peek_cqe(&ring_.ring, &done) == 0) {
      handle(*done);
      io_uring_cqe_seen(&ring_.ring, done);
    }
  }

  [[nodiscard]] ProvidedBuffers& buffers() { return buffers_; }

 private:
  struct Ring {
    Ring() {
      const unsigned flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN;
      runtime::open_ring(ring, 1024, flags, "echo_server");
    }
    Ring(Ring&&) = delete;
    ~Ring() { io_uring_queue_exit(&ring); }

    io_uring ring{};
  };

  static __kernel_timespec time_until(common::Clock::time_point deadline) {
    constexpr std::chrono::nanoseconds kSecond = std::chrono::seconds(1);
    const std::chrono::nanoseconds left =
        std::max(common::Duration::zero(), deadline - common::Clock::now());
    return {.tv_sec = left / kSecond, .tv_nsec = (left % kSecond).count()};
  }

  /// `prepare` writes into the ring what is to be done.
  template <class Prepare>
  void submit(const Token& token, Prepare prepare) {
    io_uring_sqe* entry = io_uring_get_sqe(&ring_.ring);
    while (entry == nullptr) {  // the ring is full
      runtime::check_ring(io_uring_submit(&ring_.ring), "io_uring_enter");
      entry = io_uring_get_sqe(&ring_.ring);
    }
    prepare(entry);
    io_uring_sqe_set_data64(entry, token.word());
  }

  Ring ring_;
  ProvidedBuffers buffers_{ring_.ring};
};
