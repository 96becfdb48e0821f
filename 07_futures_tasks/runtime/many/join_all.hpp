// How does a task wait for many futures of one kind? It polls them all, time and again.
#pragma once

#include <iterator>
#include <vector>

#include "runtime/many/maybe_done.hpp"

namespace runtime {

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
