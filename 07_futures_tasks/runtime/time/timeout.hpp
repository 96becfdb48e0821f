// How does a task wait for something, but not for ever? It races the clock.
#pragma once

#include <optional>
#include <utility>

#include "runtime/time/sleep.hpp"

namespace runtime {

/// A future with a deadline: its result, or nothing when the time is over.
template <FutureOrRef F>
class [[nodiscard]] Timeout {
  using Inner = OutputOf<F>;
  static constexpr bool kVoid = std::is_void_v<Inner>;

 public:
  /// std::optional of the future's result; for a future of void, whether it was in time.
  using Output = std::conditional_t<kVoid, bool, std::optional<Stored<Inner>>>;

  Timeout(F&& future, Sleep sleep) : future_(std::forward<F>(future)), sleep_(std::move(sleep)) {}

  /// Asks the future first: who is ready in the last moment is in time.
  Poll<Output> poll(Context& context) {
    auto result = future_.poll(context);
    if (result.is_ready()) {
      if constexpr (kVoid) {
        return true;
      } else {
        return Output(std::move(result).stored());
      }
    }
    if (sleep_.poll(context).is_ready()) return Output();
    return pending;
  }

 private:
  F future_;
  Sleep sleep_;
};

/// `const auto line = co_await timeout(1s, read_line());` holds the result, or std::nullopt after a
/// second. The future is destroyed with the Timeout, and so cancelled, at the end of the statement.
/// Passed as an lvalue it is left alone, and may be awaited again.
template <FutureOrRef F>
Timeout<F> timeout(Duration limit, F&& future) {
  return Timeout<F>(std::forward<F>(future), sleep(limit));
}

}  // namespace runtime
