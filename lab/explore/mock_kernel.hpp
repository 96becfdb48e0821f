// Who plays the kernel? A mock, so that its events come when the explorer says so.
#pragma once

#include "common/poller/poller.hpp"

namespace explore {

/// The kernel's side of a descriptor, whatever its number, in the run that is going on. What it
/// does is in steps.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}

  [[nodiscard]] int fd() const { return fd_; }
  /// Bytes come, or room for them: an edge, if anybody watches.
  void become(common::ReadySet ready);
  /// A read, or write, that takes all there is. False if it would block.
  bool take(common::ReadySet ready);

 private:
  int fd_;
};

}  // namespace explore
