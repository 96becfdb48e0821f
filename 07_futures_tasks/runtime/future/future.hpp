// What can be waited for? Anything that can be polled.
#pragma once

#include <concepts>
#include <type_traits>

#include "runtime/future/context.hpp"
#include "runtime/future/poll.hpp"

namespace runtime {

/// A value that will be there later. Like Rust's `std::future::Future`.
///
///     struct Answer {
///       using Output = int;
///       Poll<int> poll(Context&) { return 42; }
///     };
///
/// The contract, for both sides:
///  - `poll` never blocks. It returns the result or `pending`, or throws.
///  - Before it returns `pending` it has arranged for a wake: it has kept `context.waker()` where
///    the news will come, or passed the context on to a future that returned `pending`.
///  - It is not polled again after it was ready or threw.
///  - It may be polled at any time, also when nothing has changed, and with another task's context:
///    only the last poll's waker counts.
///  - It may be moved before its first poll, and not any more after it: it may have told others
///    where it is. (In Rust, `Pin` has the compiler watch over this.)
///  - To destroy it is to cancel it: it takes back what it arranged.
template <class F>
concept Future = requires(F& future, Context& context) {
  typename F::Output;
  { future.poll(context) } -> std::same_as<Poll<typename F::Output>>;
};

/// A future, or a reference to one that stays where it is.
template <class F>
concept FutureOrRef = Future<std::remove_reference_t<F>>;

/// What a future results in.
template <class F>
using OutputOf = typename std::remove_cvref_t<F>::Output;

}  // namespace runtime
