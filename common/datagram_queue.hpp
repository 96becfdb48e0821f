// What waits between reading and writing? At most 64 datagrams, in the order in which they came.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <deque>
#include <span>
#include <string>

#include "common/socket.hpp"

namespace common {

/// A datagram on its way back.
struct Reply {
  std::string bytes;
  Address receiver;
};

/// Replies that the kernel has not taken yet: a bounded queue. Who fills it must stop when it is
/// full; nothing is dropped here. Thread safety: none.
class DatagramQueue {
 public:
  static constexpr std::size_t kCapacity = 64;

  [[nodiscard]] bool empty() const { return replies_.empty(); }
  [[nodiscard]] bool full() const { return replies_.size() == kCapacity; }

  /// Appends a copy of `bytes`. REQUIRES: !full().
  void push(std::span<const char> bytes, const Address& receiver) {
    assert(!full());
    replies_.push_back({std::string(bytes.data(), bytes.size()), receiver});
    peak_ = std::max(peak_, replies_.size());
  }

  /// The oldest reply. REQUIRES: !empty().
  [[nodiscard]] const Reply& front() const {
    assert(!empty());
    return replies_.front();
  }

  /// Removes the oldest reply. REQUIRES: !empty().
  void pop() {
    assert(!empty());
    replies_.pop_front();
  }

  /// The most replies that were in it at once.
  [[nodiscard]] std::size_t peak() const { return peak_; }

 private:
  std::deque<Reply> replies_;
  std::size_t peak_ = 0;
};

}  // namespace common
