// Who is asked first, of several futures in one task? They share the budget of each poll.
#pragma once

#include <cstddef>
#include <utility>

#include "runtime/future/context.hpp"

namespace runtime {

/// A part of `join`, `join_all` and `select`. All are asked in order in every poll. But who found
/// nothing left of the budget is the first in the next one: without that, one that is always ready
/// would keep it from all that are named after it, for ever.
class Turns {
 public:
  /// Calls `is_ready(i)`, which polls, for each i below `count`, until `enough` are. True if so.
  template <class IsReady>
  bool ask(std::size_t count, std::size_t enough, const Context& context, IsReady is_ready) {
    std::size_t i = std::exchange(first_, 0);
    bool cut_off = false;
    for (std::size_t left = count; left > 0 && enough > 0; --left) {
      if (context.is_spent() && !std::exchange(cut_off, true)) first_ = i;
      if (is_ready(i)) --enough;
      i = i + 1 < count ? i + 1 : 0;
    }
    return enough == 0;
  }

 private:
  std::size_t first_ = 0;
};

}  // namespace runtime
