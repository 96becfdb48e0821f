// What does a future say when it is asked? Its result, or "not yet".
#pragma once

#include <cassert>
#include <optional>
#include <type_traits>
#include <utility>

namespace runtime {

/// "Not yet." A function that returns a Poll says `return pending;`.
struct Pending {};
inline constexpr Pending pending{};

/// The result of a future that has none: what a function that returns a Poll<void> says at its end.
struct Done {};
inline constexpr Done done{};

/// How a result of type T is kept: a reference as a pointer, void as `Done`.
template <class T>
using Stored = std::conditional_t<
    std::is_void_v<T>, Done,
    std::conditional_t<std::is_reference_v<T>, std::add_pointer_t<std::remove_reference_t<T>>, T>>;

/// The result out of what was kept.
template <class T>
T unstore(Stored<T>&& stored) {
  if constexpr (std::is_void_v<T>) {
    return;
  } else if constexpr (std::is_reference_v<T>) {
    return static_cast<T>(*stored);
  } else {
    return std::move(stored);
  }
}

/// A future's answer: ready with a T, or pending. Like Rust's `std::task::Poll`. Errors are not in
/// it: a future that fails throws from `poll`.
template <class T>
class [[nodiscard]] Poll {
 public:
  Poll(Pending) {}
  Poll(Stored<T> value) : value_(std::move(value)) {}
  // Written out, so that it is returned in memory, as what it is: in registers, g++ puts small ones
  // together from their bytes, and the processor waits for each of them to be stored.
  Poll(Poll&& other) noexcept(std::is_nothrow_move_constructible_v<Stored<T>>)
      : value_(std::move(other.value_)) {}
  Poll(const Poll&) = default;
  Poll& operator=(Poll&&) noexcept(std::is_nothrow_move_assignable_v<std::optional<Stored<T>>>) =
      default;

  [[nodiscard]] bool is_ready() const { return value_.has_value(); }

  /// Moves the result out. REQUIRES: ready, and not taken before.
  T take() {
    assert(is_ready());
    return unstore<T>(*std::move(value_));
  }

  /// The same, as it is kept.
  Stored<T> stored() && {
    assert(is_ready());
    return *std::move(value_);
  }

 private:
  std::optional<Stored<T>> value_;
};

/// Ready with what `function` returns: a value, a reference, or nothing.
template <class T, class Function>
Poll<T> ready_with(Function&& function) {
  if constexpr (std::is_void_v<T>) {
    function();
    return done;
  } else if constexpr (std::is_reference_v<T>) {
    return &function();
  } else {
    return function();
  }
}

}  // namespace runtime
