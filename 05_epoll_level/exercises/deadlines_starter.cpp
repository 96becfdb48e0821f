#include "deadlines.hpp"

void Deadlines::set(std::uint64_t id, common::Clock::time_point deadline) {
  // Yours to fix: this keeps a busy connection's first deadline too, and it will be closed.
  by_time_.emplace(deadline, id);
  by_id_.insert_or_assign(id, deadline);
}

void Deadlines::clear(std::uint64_t id) {
  const auto entry = by_id_.find(id);
  if (entry == by_id_.end()) return;
  by_time_.erase({entry->second, id});
  by_id_.erase(entry);
}

common::Clock::time_point Deadlines::earliest() const {
  return by_time_.empty() ? common::Clock::time_point::max() : by_time_.begin()->first;
}

std::optional<std::uint64_t> Deadlines::take_due(common::Clock::time_point now) {
  if (by_time_.empty() || by_time_.begin()->first > now) return std::nullopt;
  const std::uint64_t id = by_time_.begin()->second;
  by_time_.erase(by_time_.begin());
  by_id_.erase(id);
  return id;
}
