// What can be waited for? Anything that can be polled.
#pragma once

#include <concepts>
#include <stdexcept>
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
///  - It is not polled again after it was ready or threw. (Those of the runtime then throw
///  `NoState`.)
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

/// A future, or an end of a channel, was used that is over: it has given its result, or was moved
/// from. As std::future's error of the same name.
class NoState : public std::logic_error {
 public:
  NoState() : logic_error("no state: it has given its result already, or was moved from") {}
};

/// What was polled first in one runtime is polled in another one, while the first still runs:
/// nobody here would wake the task. What was polled in a runtime that has ended goes on in the next
/// one.
class WrongRuntime : public std::logic_error {
 public:
  WrongRuntime() : logic_error("it belongs to the runtime that polled it first") {}
};

}  // namespace runtime
