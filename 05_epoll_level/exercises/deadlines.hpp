// Exercise: deadlines. Which of a thousand connections has been silent for a minute?
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "common/clock.hpp"

/// Who has to be looked at, and when, without looking at the others.
///
/// A server that closes connections which are silent for a minute sets a connection's deadline
/// anew with each of its bytes. It sleeps until `earliest()`, closes who is due, and clears the
/// deadline of who leaves before.
///
/// Invariant: `by_time_` and `by_id_` hold the same deadlines. Thread safety: none of its own.
class Deadlines {
 public:
  /// From now on `id` is due at `deadline`, and at no time that was set for it before.
  void set(std::uint64_t id, common::Clock::time_point deadline);

  /// From now on `id` has no deadline. It need not have had one.
  void clear(std::uint64_t id);

  /// The deadline that comes first, or `time_point::max()`, which is for ever, if there is none.
  [[nodiscard]] common::Clock::time_point earliest() const;

  /// Takes out the one whose deadline comes first, if that is at `now` or before, and returns its
  /// id; std::nullopt if nobody is due. Those with the same deadline come in any order.
  std::optional<std::uint64_t> take_due(common::Clock::time_point now);

 private:
  std::set<std::pair<common::Clock::time_point, std::uint64_t>> by_time_;
  std::unordered_map<std::uint64_t, common::Clock::time_point> by_id_;
};
