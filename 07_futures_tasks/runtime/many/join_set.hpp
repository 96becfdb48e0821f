// How does a task own others, so that none is left when it goes? It spawns them into a set.
#pragma once

#include <cstddef>
#include <utility>

#include "runtime/coroutine/async.hpp"
#include "runtime/executor/spawn.hpp"
#include "runtime/many/futures_unordered.hpp"
#include "runtime/task/join_handle.hpp"
#include "runtime/trace/place.hpp"

namespace runtime {

/// Tasks whose results come in the order in which they end. To destroy it aborts those that are
/// left, and does not wait for their ends: `shut_down` does. Like Tokio's `JoinSet`.
template <class T>
class JoinSet {
 public:
  /// As `spawn`, into the set.
  template <Future F>
  void spawn(F future, Place where = Place::here()) {
    tasks_.push(Member(runtime::spawn(std::move(future), where)));
  }

  /// The result of the next task that ends, as `FuturesUnordered::next`. A task that nobody asks
  /// for stays in the set.
  auto next() { return tasks_.next(); }

  /// Aborts all, and waits until they are gone; what is left of their results and errors, too.
  Async<> shut_down() {
    tasks_.for_each([](Member& task) { task.handle.abort(); });
    while (size() > 0) {
      try {
        co_await next();
      } catch (...) {  // `Aborted`, most of the time
      }
    }
  }

  [[nodiscard]] std::size_t size() const { return tasks_.size(); }

 private:
  struct Member {
    using Output = T;
    explicit Member(JoinHandle<T> task) : handle(std::move(task)) {}
    Member(Member&&) noexcept = default;
    ~Member() { handle.abort(); }
    Poll<T> poll(Context& context) { return handle.poll(context); }

    JoinHandle<T> handle;
  };

  FuturesUnordered<Member> tasks_;
};

}  // namespace runtime
