// Exercise: lines that outlive a timeout. What is lost when a future that has begun is destroyed?
//
// `co_await timeout(1s, lines.next())` is natural to write, and destroys `next` where it waits.
// Half a line may have come by then. The other half will come later, and belongs to it.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "runtime/runtime.hpp"

class Lines {
 public:
  explicit Lines(runtime::TcpStream stream) : stream_(std::move(stream)) {}
  Lines(Lines&&) = delete;  // `next` points to it

  /// The next line without its line feed, as soon as it is complete; at the end of file what is
  /// left without one, if anything is, and then std::nullopt. One task may wait at a time.
  /// Cancelled, it loses nothing: what has not been returned is there for the next `next`.
  runtime::Async<std::optional<std::string>> next();

 private:
  runtime::TcpStream stream_;
  std::string pending_;  // read, and not yet returned
};
