// Exercise: one fetch for all. Whom does a future wake that several tasks have polled?
//
// Ten tasks want the same page at the same time. It is to be fetched once, and all are to have it.
// But the waker of the last poll counts: the fetch wakes one of them, and knows of no other.
//
// All on one thread. `Shared` outlives its futures.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <utility>

#include "runtime/coroutine/async.hpp"
#include "runtime/future/future.hpp"
#include "runtime/future/waker.hpp"

class Shared {
 public:
  /// A future of the page. The fetch goes on when one of these is polled.
  ///
  /// Who stops waiting, because its future is destroyed, leaves no waker, and nobody in the lurch:
  /// it may be the one whom the fetch will wake, or has just woken.
  class [[nodiscard]] Wait {
   public:
    using Output = std::string;

    explicit Wait(Shared& shared) : shared_(shared) {}
    Wait(Wait&& other) noexcept : shared_(other.shared_) {}  // before it is polled
    ~Wait();

    runtime::Poll<std::string> poll(runtime::Context& context);

   private:
    Shared& shared_;
    [[maybe_unused]] bool waits_ = false;                         // a waker of ours is in the list,
    [[maybe_unused]] std::list<runtime::Waker>::iterator place_;  // here
  };

  /// `fetch` throws nothing.
  explicit Shared(runtime::Async<std::string> fetch) : fetch_(std::move(fetch)) {}
  Shared(Shared&&) = delete;

  Wait wait() { return Wait(*this); }

  /// How many wakers are kept.
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  runtime::Async<std::string> fetch_;  // has a result once, and is not polled after that
  std::optional<std::string> page_;
  std::list<runtime::Waker> waiting_;
};
