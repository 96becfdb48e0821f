// How does a task wait for whatever comes first? It races its futures, and destroys the losers.
#pragma once

#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

#include "runtime/future/future.hpp"
#include "runtime/future/small_futures.hpp"
#include "runtime/many/turns.hpp"

namespace runtime {

/// `const auto first = co_await select(read_line(), sleep(1s));` and then `first.index()` tells who
/// was first. The result of a future of void is `Done`. Like `select` of Rust's futures.
///
/// It asks in order: of two that are ready, the one named first wins; but see Turns. To throw is to
/// be first too. Either way all that were passed by value are destroyed before it is ready or
/// throws. Asked again, it throws `NoState`.
///
/// A future that loses is destroyed, and so cancelled: what it did so far is lost. Pass it as an
/// lvalue to keep it: it is left alone, and may be awaited again, unless it was the first. One that
/// is always ready wins always: name it last.
template <FutureOrRef... F>
requires(sizeof...(F) > 0) auto select(F&&... futures) {
  using Output = std::variant<Stored<OutputOf<F>>...>;
  using Futures = std::optional<std::tuple<F...>>;  // lvalues are kept as references
  return poll_fn([turns = Turns(), kept = Futures(std::in_place, std::forward<F>(futures)...)](
                     Context& context) mutable -> Poll<Output> {
    if (!kept) throw NoState();
    std::optional<Output> first;
    const auto poll_one = [&]<std::size_t I>(std::in_place_index_t<I> index) {
      auto result = std::get<I>(*kept).poll(context);
      if (result.is_ready()) first.emplace(index, std::move(result).stored());
      return first.has_value();
    };
    const auto poll_ith = [&]<std::size_t... I>(std::size_t i, std::index_sequence<I...>) {
      return ((i == I && poll_one(std::in_place_index<I>)) || ...);
    };
    try {
      const auto all = std::index_sequence_for<F...>();
      if (!turns.ask(sizeof...(F), 1, context, [&](auto i) { return poll_ith(i, all); })) {
        return pending;
      }
    } catch (...) {
      kept.reset();
      throw;
    }
    kept.reset();
    return *std::move(first);
  });
}

}  // namespace runtime
