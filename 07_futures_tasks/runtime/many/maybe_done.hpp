// What becomes of a future that is ready before others are? Its result takes its place.
#pragma once

#include <variant>

#include "runtime/future/future.hpp"

namespace runtime {

/// A future, and then its result: a part of `join` and `join_all`. Like `MaybeDone` of Rust's
/// futures.
template <Future F>
class MaybeDone {
 public:
  using Result = Stored<OutputOf<F>>;

  explicit MaybeDone(F future) : state_(std::in_place_index<0>, std::move(future)) {}

  /// True when the result is there; the future is then destroyed. It may be polled after that.
  bool poll(Context& context) {
    F* const future = std::get_if<0>(&state_);
    if (future == nullptr) return true;
    auto result = future->poll(context);
    if (!result.is_ready()) return false;
    state_.template emplace<1>(std::move(result).stored());
    return true;
  }

  /// Moves the result out. REQUIRES: `poll` was true.
  Result result() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<F, Result> state_;
};

}  // namespace runtime
