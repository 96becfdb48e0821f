// How does a task wait for all of many futures, of one kind or of several? It polls each that is
// not done, time and again.
#pragma once

#include <cstddef>
#include <iterator>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/future/future.hpp"
#include "runtime/future/small_futures.hpp"
#include "runtime/many/turns.hpp"

namespace runtime {

/// A future, then its result, then nothing: a part of `join` and `join_all`. Like `MaybeDone` of
/// Rust's futures.
template <Future F>
class MaybeDone {
 public:
  using Result = Stored<OutputOf<F>>;

  explicit MaybeDone(F future) : state_(std::in_place_index<0>, std::move(future)) {}

  /// True when the result is there; the future is then destroyed. It may be polled after that,
  /// until the result is taken: then it throws `NoState`.
  bool poll(Context& context) {
    if (state_.index() == 2) throw NoState();
    if (state_.index() == 1) return true;
    auto result = std::get<0>(state_).poll(context);
    if (!result.is_ready()) return false;
    state_.template emplace<1>(std::move(result).stored());
    return true;
  }

  /// Moves the result out. REQUIRES: `poll` was true.
  Result take() {
    Result result = std::get<1>(std::move(state_));
    state_.template emplace<2>();
    return result;
  }

 private:
  std::variant<F, Result, std::monostate> state_;
};

/// Both at once, on one task:
///
///     const auto both = co_await join(read_name(), read_age());
///     greet(std::get<0>(both), std::get<1>(both));
///
/// Ready when all of the futures are, with a tuple of their results; that of a future of void is
/// `Done`. Polls each that is not done in every poll, in order; see Turns. Each is destroyed as
/// soon as it is ready. Throws what one of them throws, at once; the others are then cancelled when
/// this is destroyed. Like `join!` of Rust's futures.
template <Future... F>
auto join(F... futures) {
  using Output = std::tuple<Stored<OutputOf<F>>...>;
  return poll_fn([turns = Turns(), children = std::tuple<MaybeDone<F>...>(std::move(futures)...)](
                     Context& context) mutable -> Poll<Output> {
    constexpr std::size_t kAll = sizeof...(F);
    const bool all = turns.ask(kAll, kAll, context, [&](std::size_t i) {
      const auto poll_ith = [&](auto&... child) {
        return ((i-- == 0 && child.poll(context)) || ...);
      };
      return std::apply(poll_ith, children);
    });
    if (!all) return pending;
    return std::apply([](auto&... child) { return Output(child.take()...); }, children);
  });
}

/// The same for any number of futures of one kind:
///
///     const std::vector<int> sums = co_await join_all(std::move(futures));
///
/// The result is a vector; for futures of void, void. Like `join_all` of Rust's futures.
///
/// They share the task's one waker, so a poll cannot know whose news it is: it asks each one that
/// is not done. Where that is too much asking, `FuturesUnordered` asks those alone that were woken.
template <Future F>
auto join_all(std::vector<F> futures) {
  using Results = std::vector<Stored<OutputOf<F>>>;
  using Output = std::conditional_t<std::is_void_v<OutputOf<F>>, void, Results>;
  std::vector<MaybeDone<F>> all(std::make_move_iterator(futures.begin()),
                                std::make_move_iterator(futures.end()));
  return poll_fn(
      [turns = Turns(), children = std::move(all)](Context& context) mutable -> Poll<Output> {
        const std::size_t count = children.size();
        const auto poll_ith = [&](std::size_t i) { return children[i].poll(context); };
        if (!turns.ask(count, count, context, poll_ith)) return pending;
        Results results;
        results.reserve(count);
        for (auto& child : children) results.push_back(child.take());
        return ready_with<Output>([&] { return static_cast<Output>(std::move(results)); });
      });
}

}  // namespace runtime
