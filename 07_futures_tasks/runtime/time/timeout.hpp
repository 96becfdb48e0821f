// How does a task lose its patience? It awaits something, and a time beside it.
#pragma once

#include <chrono>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "runtime/future/future.hpp"
#include "runtime/future/small_futures.hpp"
#include "runtime/time/sleep.hpp"

namespace runtime {

/// A future with a deadline: its result, or nothing when the time is over. That is std::optional of
/// the result; for a future of void, whether it was in time.
///
/// It asks the future first: who is ready in the last moment is in time. But a future that takes
/// the whole budget, poll after poll, gets no more time by that.
template <FutureOrRef F>
auto timeout_at(Clock::time_point deadline, F&& future) {
  constexpr bool kVoid = std::is_void_v<OutputOf<F>>;
  using Output = std::conditional_t<kVoid, bool, std::optional<Stored<OutputOf<F>>>>;
  return poll_fn([kept = std::tuple<F>(std::forward<F>(future)),
                  limit = Sleep(deadline)](Context& context) mutable -> Poll<Output> {
    const bool began_spent = context.is_spent();
    auto result = std::get<0>(kept).poll(context);
    if (result.is_ready()) {
      if constexpr (kVoid)
        return true;
      else
        return Output(std::move(result).stored());
    }
    const bool took_all = !began_spent && context.is_spent();
    if (took_all ? limit.is_over(context) : limit.poll(context).is_ready()) return Output();
    return pending;
  });
}

/// `const auto line = co_await timeout(1s, read_line());` holds the result, or std::nullopt after a
/// second. The future is destroyed with the timeout, and so cancelled, at the end of the statement.
/// Passed as an lvalue it is left alone, and may be awaited again.
template <class Rep, class Period, FutureOrRef F>
auto timeout(std::chrono::duration<Rep, Period> limit, F&& future) {
  return timeout_at(common::time_after(now(), limit), std::forward<F>(future));
}

}  // namespace runtime
