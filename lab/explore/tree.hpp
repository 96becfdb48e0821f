// Which order of steps comes next? The orders are a tree, and it is walked depth first.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace explore {

/// A set of threads, by their numbers.
using Threads = std::uint32_t;

constexpr Threads only(std::size_t thread) {
  return Threads{1} << thread;
}
constexpr std::size_t first_of(Threads threads) {
  return static_cast<std::size_t>(std::countr_zero(threads));
}

enum class Orders {
  that_differ,  ///< one of those that are the same up to exchanges that nobody would notice
  all           ///< to see that this is no loss
};

/// All the orders in which threads can take their steps. A run asks it before each step who takes
/// it; between runs it goes on to the next order.
///
/// Two steps on different things, and two that only read, may be exchanged, and nobody would
/// notice. Of orders that are the same up to such exchanges one is walked to its end. The others
/// are *cut*, with sleep sets (P. Godefroid, "Partial-Order Methods for the Verification of
/// Concurrent Systems", 1996): a thread whose step was tried at a fork sleeps in the branches that
/// are tried after it, until somebody takes a step which that one may not be exchanged with.
class Tree {
 public:
  explicit Tree(Orders orders) : orders_(orders) {}

  /// Who takes the next step, of those that `can`; `last` if nothing says otherwise.
  /// `may_exchange(a, b)` says it of these threads' next steps.
  template <class MayExchange>
  std::size_t choose(Threads can, std::size_t last, MayExchange may_exchange) {
    if (cut_) return first_of(can);
    if (depth_ == path_.size()) {
      const Threads awake = can & ~asleep_;
      if (awake == 0) {
        cut_ = true;
        return first_of(can);
      }
      path_.push_back({can, asleep_, 0, (awake & only(last)) != 0 ? last : first_of(awake)});
    }
    const Fork& fork = path_[depth_++];
    if (fork.can != can) {
      changed_ = cut_ = true;
      return first_of(can);
    }
    asleep_ = 0;
    for (Threads rest = fork.asleep | fork.tried; rest != 0; rest &= rest - 1) {
      const std::size_t thread = first_of(rest);
      if (orders_ == Orders::that_differ && may_exchange(thread, fork.chosen))
        asleep_ |= only(thread);
    }
    return fork.chosen;
  }

  /// Goes to the next order. False when there is none.
  bool next() {
    for (; !path_.empty(); path_.pop_back()) {
      Fork& fork = path_.back();
      fork.tried |= only(fork.chosen);
      const Threads left = fork.can & ~fork.asleep & ~fork.tried;
      if (left == 0) continue;
      fork.chosen = first_of(left);
      depth_ = 0;
      asleep_ = 0;
      cut_ = false;
      return true;
    }
    return false;
  }

  /// True if the order is like one that was there before.
  [[nodiscard]] bool cut() const { return cut_; }
  /// True if the same choices led to something else this time: what ran depends on more than them.
  [[nodiscard]] bool changed() const { return changed_; }

 private:
  struct Fork {
    Threads can;
    Threads asleep;
    Threads tried;
    std::size_t chosen;
  };

  const Orders orders_;
  std::vector<Fork> path_;
  std::size_t depth_ = 0;  // how far the run is
  Threads asleep_ = 0;
  bool cut_ = false;
  bool changed_ = false;
};

}  // namespace explore
