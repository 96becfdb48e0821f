// Exercise: look it up. How does a coroutine await something that calls back?
//
// Most libraries tell their news by calling a function that they were given. Here is one, and a
// coroutine would like to write
//
//     const int number = co_await LookUp(directory, "Ada");
//
// `LookUp` is an awaiter: three functions, which `co_await` calls (step 10 shows where).
// There is no runtime here, no poll and no waker. The callback itself lets the coroutine go on.
#pragma once

#include <algorithm>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

/// A telephone directory, as a library would bring it: not yours to change. What it does not know
/// yet it is told later.
class Directory {
 public:
  /// Gets the number, or nothing if nobody has that name.
  using Callback = std::function<void(std::optional<int> number)>;

  /// Calls `then` once: before `ask` returns, if it knows the answer, and otherwise out of `learn`.
  /// Returns what `forget` takes.
  std::uint64_t ask(const std::string& name, Callback then) {
    const std::uint64_t ticket = next_++;
    if (const auto known = known_.find(name); known != known_.end()) {
      then(known->second);
    } else {
      waiting_.emplace(ticket, Question{name, std::move(then)});
    }
    return ticket;
  }

  /// Who asked this is not called any more. Without effect if that has happened.
  void forget(std::uint64_t ticket) { waiting_.erase(ticket); }

  /// From now on it knows the answer, and calls those who have asked for it.
  void learn(const std::string& name, std::optional<int> number) {
    known_[name] = number;
    const auto asks = [&](const auto& entry) { return entry.second.name == name; };
    for (;;) {
      const auto question = std::find_if(waiting_.begin(), waiting_.end(), asks);
      if (question == waiting_.end()) break;
      const Callback then = std::move(question->second.then);
      waiting_.erase(question);
      then(number);
    }
  }

  /// How many are to be called.
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Question {
    std::string name;
    Callback then;
  };

  std::map<std::string, std::optional<int>> known_;
  std::map<std::uint64_t, Question> waiting_;
  std::uint64_t next_ = 0;
};

/// `co_await LookUp(directory, name)` is the number. Throws std::out_of_range if nobody has that
/// name.
///
/// The coroutine goes on out of the callback; but if that comes before `ask` has returned, then
/// when `ask` has returned: of a thousand answers that are there at once, none is inside another.
/// If the coroutine is destroyed while it waits, it is not called any more. The directory outlives
/// it.
class LookUp {
 public:
  LookUp(Directory& directory, std::string name) : directory_(directory), name_(std::move(name)) {}
  LookUp(LookUp&&) = delete;  // the callback may point to it
  ~LookUp();

  /// True if there is nothing to wait for: the coroutine is not suspended.
  bool await_ready();
  /// The coroutine is suspended now, and whoever has `coroutine` may let it go on. False: it goes
  /// on at once.
  bool await_suspend(std::coroutine_handle<> coroutine);
  /// The value of the `co_await`.
  int await_resume();

 private:
  [[maybe_unused]] Directory& directory_;
  const std::string name_;
  std::coroutine_handle<> coroutine_;          // who waits, if somebody does
  [[maybe_unused]] std::uint64_t ticket_ = 0;  // of the question
  [[maybe_unused]] bool answered_ = false;
  std::optional<int> number_;
};
