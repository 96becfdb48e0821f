// How does a task wait for whatever comes first? It races its futures, and destroys the losers.
#pragma once

#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

#include "runtime/future/future.hpp"

namespace runtime {

/// Ready when the first of its futures is. Like `select` of Rust's futures.
template <FutureOrRef... F>
class [[nodiscard]] Select {
  static_assert(sizeof...(F) > 0, "nobody would ever be first");

 public:
  /// `index()` tells who was first. The result of a future of void is `Done`.
  using Output = std::variant<Stored<OutputOf<F>>...>;

  explicit Select(F&&... futures) : futures_(std::in_place, std::forward<F>(futures)...) {}

  /// Asks in order: of two that are ready, the one named first wins. To throw is to be first too.
  /// Either way all that were passed by value are destroyed before this returns or throws.
  Poll<Output> poll(Context& context) {
    try {
      auto result = first_of<0>(context);
      if (result.is_ready()) futures_.reset();
      return result;
    } catch (...) {
      futures_.reset();
      throw;
    }
  }

 private:
  template <std::size_t I>
  Poll<Output> first_of(Context& context) {
    if constexpr (I == sizeof...(F)) {
      return pending;
    } else {
      auto result = std::get<I>(*futures_).poll(context);
      if (!result.is_ready()) return first_of<I + 1>(context);
      return Output(std::in_place_index<I>, std::move(result).stored());
    }
  }

  std::optional<std::tuple<F...>> futures_;  // lvalues are kept as references
};

/// `const auto first = co_await select(read_line(), sleep(1s));` and then `first.index()`.
///
/// A future that loses is destroyed, and so cancelled: what it did so far is lost. Pass it as an
/// lvalue to keep it: it is left alone, and may be awaited again, unless it was the first. One that
/// is always ready wins always: name it last.
template <FutureOrRef... F>
Select<F...> select(F&&... futures) {
  return Select<F...>(std::forward<F>(futures)...);
}

}  // namespace runtime
