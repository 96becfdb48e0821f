// Exercise: an outbox. Where do bytes go that the kernel does not take now?
#pragma once

#include <string>
#include <string_view>

/// Bytes on their way out of a nonblocking socket, in order, none lost and none twice.
class Outbox {
 public:
  /// Adds bytes behind those that are still waiting.
  void push(std::string_view bytes);

  /// Hands the kernel as much as it takes now, and keeps the rest. True when nothing is left.
  /// Throws what `common::try_write` throws.
  bool flush(int socket);

 private:
  std::string waiting_;
};
