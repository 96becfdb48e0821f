// How does any descriptor become something to await? It is put together with its registration.
#pragma once

#include <cassert>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "common/poller/poller.hpp"
#include "runtime/future/context.hpp"
#include "runtime/future/poll.hpp"
#include "runtime/io/registration.hpp"
#include "runtime/io/scheduled_io.hpp"

namespace runtime {

/// What one try of an operation on a nonblocking descriptor gave.
template <class T>
struct Tried {
  /// The result; std::nullopt if it would block.
  std::optional<T> result;
  /// With a result: the try has shown that there is no more, as a short read of a stream does.
  bool drained = false;
};

/// What the reactor is asked to watch a descriptor for.
enum class Interest : char {
  both,            ///< reading and writing, from the first moment
  write_on_demand  ///< writing only while somebody waits for it. For UDP sockets: each datagram
                   ///< that leaves makes room, and the kernel tells that as an edge, wanted or not
};

/// What futures of I/O have in common: to destroy one takes back its wait, so that a task is not
/// woken for what it has given up.
template <class Evented>
class IoWait {
 public:
  IoWait(Evented& source, Direction direction) : source_(&source), direction_(direction) {}
  IoWait(IoWait&& other) noexcept : source_(other.source_), direction_(other.direction_) {
    assert(!other.waiting_ && "it was polled");
  }
  ~IoWait() { give_up(); }

 protected:
  /// Returns what `attempt` results in, or waits.
  template <class Try>
  auto poll_io(Context& context, Try& attempt) {
    auto result = source_->poll_io(direction_, context, attempt, &waiting_);
    if (result.is_ready()) give_up();
    return result;
  }

  /// Ready when the source is.
  Poll<void> poll_ready(Context& context) {
    if (!source_->poll_ready(direction_, context, &waiting_).is_ready()) return pending;
    if (!context.spend()) return pending;
    give_up();
    return done;
  }

 private:
  void give_up() noexcept {
    if (std::exchange(waiting_, false)) source_->release(direction_);
  }

  Evented* source_;
  Direction direction_;
  bool waiting_ = false;  // it has claimed its direction
};

/// An operation that is tried whenever the descriptor may be ready: a future of its result. One
/// that has not returned has not happened.
template <class Evented, class Try>
class [[nodiscard]] Io : public IoWait<Evented> {
 public:
  using Output = typename decltype(std::declval<Try&>()(0).result)::value_type;

  Io(Evented& source, Direction direction, Try attempt)
      : IoWait<Evented>(source, direction), attempt_(std::move(attempt)) {}

  Poll<Output> poll(Context& context) { return this->poll_io(context, attempt_); }

 private:
  [[no_unique_address]] Try attempt_;  // a lambda without captures takes no room
};

/// Ready when the source is. Nothing is held meanwhile: no buffer.
template <class Evented>
class [[nodiscard]] Readiness : public IoWait<Evented> {
 public:
  using Output = void;
  using IoWait<Evented>::IoWait;

  Poll<void> poll(Context& context) { return this->poll_ready(context); }
};

/// An I/O resource of yours with its registration. `Source` owns, or refers to, a nonblocking
/// descriptor that epoll(7) can watch, and has `int get()`, as common::Fd has.
///
///     PollEvented<common::Fd> pipe(std::move(read_end));
///     const auto size = co_await pipe.io(Direction::read, [&](int fd) {
///       return Tried<std::size_t>{common::try_read(fd, buffer)};
///     });
///
/// Must not be moved while somebody waits. One future may wait for each direction: a second one
/// gets `TwoWaiters`. The name is that of Tokio's first reactor.
template <class Source, Interest kInterest = Interest::both>
class PollEvented {
 public:
  explicit PollEvented(Source source) : source_(std::move(source)) {}
  PollEvented(PollEvented&&) noexcept = default;
  /// By value: what was here is deregistered, and then closed, before this returns.
  PollEvented& operator=(PollEvented other) noexcept {
    std::swap(source_, other.source_);
    std::swap(registration_, other.registration_);
    std::swap(watches_writing_, other.watches_writing_);
    return *this;
  }

  [[nodiscard]] Source& source() { return source_; }
  [[nodiscard]] const Source& source() const { return source_; }
  [[nodiscard]] int fd() const { return source_.get(); }

  /// A future of what `attempt(fd)`, a function that returns a Tried<T>, results in. It is called
  /// when the descriptor may be ready, until it does not block.
  template <class Try>
  Io<PollEvented, Try> io(Direction direction, Try attempt) {
    return Io<PollEvented, Try>(*this, direction, std::move(attempt));
  }

  /// Futures for waiting alone. What they say may be out of date: a read may still block.
  Readiness<PollEvented> readable() { return Readiness<PollEvented>(*this, Direction::read); }
  Readiness<PollEvented> writable() { return Readiness<PollEvented>(*this, Direction::write); }
  Readiness<PollEvented> ended() { return Readiness<PollEvented>(*this, Direction::end); }

  // For futures written by hand: see `Registration`. Without `claimed` the last one polled counts,
  // and should `forget` when it is given up; with it, `release`.

  Poll<Observed> poll_ready(Direction direction, Context& context, bool* claimed = nullptr) {
    using common::ReadySet;
    const auto reading = ReadySet::readable() | ReadySet::read_hup() | ReadySet::urgent();
    const auto both = reading | ReadySet::writable();
    auto ready =
        registration_.poll_ready(fd(), kOnDemand ? reading : both, direction, context, claimed);
    if constexpr (kOnDemand) {
      if (direction == Direction::write && watches_writing_ == ready.is_ready()) {
        watches_writing_ = !ready.is_ready();
        registration_.watch(watches_writing_ ? both : reading);
      }
    }
    return ready;
  }

  /// Tries, waits for readiness, and tries again: the loop that everything here is made of.
  template <class Try>
  auto poll_io(Direction direction, Context& context, Try& attempt, bool* claimed = nullptr)
      -> Poll<typename decltype(attempt(0).result)::value_type> {
    for (;;) {
      auto ready = poll_ready(direction, context, claimed);
      if (!ready.is_ready() || !context.spend()) return pending;
      auto tried = attempt(fd());
      if (!tried.result || tried.drained) registration_.clear(direction, ready.take());
      if (tried.result) return *std::move(tried.result);
    }
  }

  /// Nobody waits for `direction` any more.
  void forget(Direction direction) noexcept { registration_.forget(direction); }
  /// Who has claimed it does not.
  void release(Direction direction) noexcept { registration_.release(direction); }

 private:
  static constexpr bool kOnDemand = kInterest == Interest::write_on_demand;
  Source source_;  // first, so that it is destroyed last: deregistered before it is closed
  Registration registration_;
  [[no_unique_address]] std::conditional_t<kOnDemand, bool, std::tuple<>> watches_writing_{};
};

}  // namespace runtime
