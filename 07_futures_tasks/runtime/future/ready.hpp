// What is a future that has its value already? The smallest one.
#pragma once

#include "runtime/future/future.hpp"

namespace runtime {

/// Ready at the first poll. Like Rust's `std::future::ready`.
template <class T>
class [[nodiscard]] Ready {
 public:
  using Output = T;

  explicit Ready(Stored<T> value) : value_(std::move(value)) {}

  Poll<T> poll(Context&) { return std::move(value_); }

 private:
  Stored<T> value_;
};

template <class T>
Ready<T> ready(T value) {
  return Ready<T>(std::move(value));
}
inline Ready<void> ready() {
  return Ready<void>(done);
}

}  // namespace runtime
