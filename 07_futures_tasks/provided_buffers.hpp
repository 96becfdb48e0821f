// Where does a read go if nobody holds a buffer for it? Into one of many that the kernel was given.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include "runtime/io/open_ring.hpp"

/// Buffers of one ring, from which the kernel takes one when bytes have come. So those that only
/// wait have none. All of them are there from the beginning: half
/// a MiB. See io_uring_register_buf_ring(3). Must not outlive the ring.
class ProvidedBuffers {
 public:
  static constexpr int kGroup = 0;           // the name that operations use
  static constexpr std::size_t kRoom = 512;  // in each

  explicit ProvidedBuffers(io_uring& ring) : ring_(ring), bytes_(kCount * kRoom) {
    if (!free_) throw std::bad_alloc();
    io_uring_buf_ring_init(free_.get());
    for (std::size_t i = 0; i < kCount; ++i) add(i, static_cast<int>(i));
    io_uring_buf_ring_advance(free_.get(), kCount);
    io_uring_buf_reg group{};
    group.ring_addr = reinterpret_cast<std::uintptr_t>(free_.get());
    group.ring_entries = kCount;
    group.bgid = kGroup;
    runtime::check_ring(io_uring_register_buf_ring(&ring, &group, 0), "io_uring_register");
  }
  ProvidedBuffers(ProvidedBuffers&&) = delete;
  ~ProvidedBuffers() { io_uring_unregister_buf_ring(&ring_, kGroup); }

  /// What has come, where a completion says that something has. Valid until `give_back`.
  [[nodiscard]] std::string_view bytes(const io_uring_cqe& completion) const {
    return {&bytes_[number(completion) * kRoom], static_cast<std::size_t>(completion.res)};
  }
  void give_back(const io_uring_cqe& completion) {
    add(number(completion), 0);
    io_uring_buf_ring_advance(free_.get(), 1);
  }

 private:
  static constexpr std::size_t kCount = 1024;  // a power of two

  struct Free {
    void operator()(io_uring_buf_ring* ring) const { std::free(ring); }
  };

  static std::size_t number(const io_uring_cqe& completion) {
    return completion.flags >> IORING_CQE_BUFFER_SHIFT;
  }
  void add(std::size_t number, int offset) {
    io_uring_buf_ring_add(free_.get(), &bytes_[number * kRoom], kRoom,
                          static_cast<unsigned short>(number), io_uring_buf_ring_mask(kCount),
                          offset);
  }

  io_uring& ring_;
  std::vector<char> bytes_;
  std::unique_ptr<io_uring_buf_ring, Free> free_{static_cast<io_uring_buf_ring*>(
      std::aligned_alloc(4096, kCount * sizeof(io_uring_buf)))};  // a page's beginning
};
