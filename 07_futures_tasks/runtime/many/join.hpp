// How does a task wait for a few futures of different kinds? As for many of one.
#pragma once

#include <tuple>

#include "runtime/many/maybe_done.hpp"

namespace runtime {

/// Ready when all of its futures are. Polls each that is not done at every poll, in order. Like
/// `join!` of Rust's futures.
template <Future... F>
class [[nodiscard]] Join {
 public:
  /// The results in the order of the futures; that of a future of void is `Done`.
  using Output = std::tuple<Stored<OutputOf<F>>...>;

  explicit Join(F... futures) : children_(MaybeDone<F>(std::move(futures))...) {}

  /// Throws what one of them throws, at once. The others are then cancelled when this is destroyed.
  Poll<Output> poll(Context& context) {
    return std::apply(
        [&context](auto&... child) -> Poll<Output> {
          bool all = true;
          ((all = child.poll(context) && all), ...);
          if (!all) return pending;
          return Output(std::move(child).result()...);
        },
        children_);
  }

 private:
  std::tuple<MaybeDone<F>...> children_;
};

/// Both at once, on one task:
///
///     const auto both = co_await join(read_name(), read_age());
///     greet(std::get<0>(both), std::get<1>(both));
///
/// Each future is destroyed as soon as it is ready.
template <Future... F>
Join<F...> join(F... futures) {
  return Join<F...>(std::move(futures)...);
}

}  // namespace runtime
