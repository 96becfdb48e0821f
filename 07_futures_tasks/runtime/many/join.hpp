// How does a task wait for all of many futures, of one kind or of several? It polls each that is
// not done, time and again.
#pragma once

#include <iterator>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

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

/// Ready when all of its futures are. Like `join_all` of Rust's futures.
///
/// They share the task's one waker, so a poll cannot know whose news it is: it asks each one that
/// is not done. Where that is too much asking, `FuturesUnordered` asks those alone that were woken.
template <Future F>
class [[nodiscard]] JoinAll {
  using Inner = OutputOf<F>;
  static constexpr bool kVoid = std::is_void_v<Inner>;

 public:
  /// The results in the order of the futures; for futures of void, void.
  using Output = std::conditional_t<kVoid, void, std::vector<Stored<Inner>>>;

  explicit JoinAll(std::vector<F> futures)
      : children_(std::make_move_iterator(futures.begin()),
                  std::make_move_iterator(futures.end())) {}

  /// Throws what one of them throws, at once. The others are then cancelled when this is destroyed.
  Poll<Output> poll(Context& context) {
    bool all = true;
    for (auto& child : children_) all = child.poll(context) && all;
    if (!all) return pending;
    return ready_with<Output>([this] { return results(); });
  }

 private:
  Output results() {
    if constexpr (!kVoid) {
      Output results;
      results.reserve(children_.size());
      for (auto& child : children_) results.push_back(std::move(child).result());
      return results;
    }
  }

  std::vector<MaybeDone<F>> children_;
};

/// `const std::vector<int> sums = co_await join_all(std::move(futures));` Each future is destroyed
/// as soon as it is ready.
template <Future F>
JoinAll<F> join_all(std::vector<F> futures) {
  return JoinAll<F>(std::move(futures));
}

}  // namespace runtime
