// Which order of steps comes next? The orders are a tree, and it is walked depth first.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
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

/// `last` if it is one of them, or else the next one after it.
constexpr std::size_t next_of(Threads threads, std::size_t last) {
  const Threads from_last = threads >> last << last;
  return first_of(from_last != 0 ? from_last : threads);
}

enum class Orders {
  that_differ,  ///< one of those that are the same up to exchanges that nobody would notice
  all,          ///< to see that this is no loss
  few           ///< those that differ little from one: all go on for as long as they can
};

/// Names a thing that threads share, in every run the same one: who has made it, and as his how
/// manieth.
using Name = std::pair<std::size_t, std::size_t>;

/// All the orders in which threads can take their steps. A run asks it before each step who takes
/// it; between runs it goes on to the next order.
///
/// Two steps on different things, and two that only read, may be exchanged, and nobody would
/// notice. Of orders that are the same up to such exchanges one is walked to its end. The others
/// are *cut*, with sleep sets (P. Godefroid, "Partial-Order Methods for the Verification of
/// Concurrent Systems", 1996): a thread whose step was tried at a fork sleeps in the branches that
/// are tried after it, until somebody takes a step which that one may not be exchanged with.
///
/// Where even those are too many, *few* stand for them: in one order each thread goes on until it
/// cannot, and then it is the next one's turn; the others depart from that once, or twice (M. Emmi,
/// S. Qadeer, Z. Rakamarić, "Delay-Bounded Scheduling", 2011). A thread is interrupted only before
/// a step on something that another one touches, too, in some run. What that is, the runs show:
/// when one shows something new, all begins again.
class Tree {
 public:
  explicit Tree(Orders orders, std::size_t most_departures = 0)
      : orders_(orders), most_departures_(most_departures) {}

  /// Who takes the next step, of those that `can`; `plain` if nothing says otherwise. `matters`: it
  /// is worth while to depart from that. `may_exchange(a, b)` says it of these threads' next steps.
  template <class MayExchange>
  std::size_t choose(Threads can, std::size_t plain, bool matters, MayExchange may_exchange) {
    if (cut_) return first_of(can);
    if (orders_ == Orders::few) {
      if (departures_ == most_departures_ || !matters) return plain;
    }
    if (depth_ == path_.size()) {
      const Threads awake = can & ~asleep_;
      if (awake == 0) {
        cut_ = true;
        return first_of(can);
      }
      path_.push_back({can, asleep_, 0, next_of(awake, plain)});
    }
    const Fork& fork = path_[depth_++];
    if (fork.chosen != plain) ++departures_;
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

  /// Whatever may come next is known from another order: this one only has to end.
  void leave() { cut_ = cut_ || depth_ == path_.size(); }

  /// Goes to the next order. False when there is none.
  bool next() {
    for (; !path_.empty(); path_.pop_back()) {
      Fork& fork = path_.back();
      fork.tried |= only(fork.chosen);
      const Threads left = fork.can & ~fork.asleep & ~fork.tried;
      if (left == 0) continue;
      fork.chosen = first_of(left);
      begin();
      return true;
    }
    return false;
  }

  /// True if the order is like one that was there before.
  [[nodiscard]] bool cut() const { return cut_; }
  /// True if the same choices led to something else this time: what ran depends on more than them.
  [[nodiscard]] bool changed() const { return changed_; }

  /// Some run has shown that several threads touch it.
  void share(Name thing) { learned_ |= shared_.insert(thing).second; }
  [[nodiscard]] bool is_shared(Name thing) const { return shared_.contains(thing); }
  /// True if that was news, and matters: then it is at the first order again.
  bool begins_again() {
    if (orders_ != Orders::few || !std::exchange(learned_, false)) return false;
    path_.clear();
    begin();
    return true;
  }

 private:
  void begin() {
    depth_ = 0;
    asleep_ = 0;
    departures_ = 0;
    cut_ = false;
  }

  struct Fork {
    Threads can;
    Threads asleep;
    Threads tried;
    std::size_t chosen;
  };

  const Orders orders_;
  const std::size_t most_departures_;
  std::vector<Fork> path_;
  std::size_t depth_ = 0;  // how far the run is
  Threads asleep_ = 0;
  std::size_t departures_ = 0;
  std::set<Name> shared_;
  bool learned_ = false;
  bool cut_ = false;
  bool changed_ = false;
};

}  // namespace explore
