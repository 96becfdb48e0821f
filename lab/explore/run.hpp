// What happens when threads take their steps in one certain order? A run shows it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lab/explore/step.hpp"
#include "lab/explore/tree.hpp"

namespace explore {

class Baton;
class Hand;
class Crew;

/// One line of what happened.
struct Taken {
  std::string thread;
  Step step;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> values;  // before and after
  Name object{};
};

/// Where a thread stands.
struct Ahead {
  std::string thread;
  Step next;
  bool done = false;
  bool can = false;  ///< it is not blocked
};

/// Threads, and one order of their steps. They are real ones, but one alone is ever awake: it takes
/// its step, goes on to its next one, asks the tree whose turn that is, and wakes that thread.
///
/// What fails stays as it is: threads that stand in the middle of something are never woken again.
class Run {
 public:
  /// From here on, what begins belongs to this run. REQUIRES: no other run is there.
  explicit Run(Tree& tree, Crew& crew);
  ~Run();
  Run(Run&&) = delete;

  // For the scenario:

  /// Adds a thread.
  void thread(std::string name, std::function<void()> body);
  /// Is called when all threads have ended, to `require` what must hold then.
  void at_end(std::function<void()> check) { at_end_ = std::move(check); }

  // For the explorer:

  /// Is called between two steps, with where each thread stands. True if what may come from there
  /// is known: then nothing else than one order is run.
  using Onlooker = std::function<bool(const std::vector<Ahead>&)>;
  void watch(Onlooker onlooker) { onlooker_ = std::move(onlooker); }

  /// Runs the threads to their end. False if something failed.
  bool go();

  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] const std::vector<Taken>& steps() const { return steps_; }

  // For `Step`:

  struct Thread {
    Run& run;
    std::size_t number;
    std::string name;
    std::function<void()> body;
    Hand* hand = nullptr;
    Step next{};
    bool done = false;
    unsigned early_timeouts = 0;
  };

  void arrive(Thread& thread, const Step& step);
  void saw(std::uint64_t before, std::uint64_t after) { steps_.back().values = {before, after}; }
  /// Never returns.
  void fail(Thread& thread, const std::string& reason);
  void begins(const void* object);
  void ends(const void* object) { alive_.erase(object); }
  void begin_thread(std::function<void()> body);
  void calm(bool is_calm) { is_calm_ = is_calm; }
  void time_passes(unsigned early) { early_timeouts_ = early; }
  std::shared_ptr<void>& kernel() { return kernel_; }

 private:
  static constexpr std::size_t kEndless = 5000;  // steps
  static constexpr std::size_t kMostThreads = 32;

  void start(Thread& thread, Baton& starter);
  void finish(Thread& thread);
  void check_end();
  Thread* choose();
  [[nodiscard]] std::vector<Ahead> ahead(Threads ready) const;
  [[nodiscard]] bool matters(const Step& step) const;
  void pass_to(Thread* thread);
  [[nodiscard]] std::string blocked() const;

  Tree& tree_;
  Crew& crew_;
  std::deque<Thread> threads_;
  std::shared_ptr<void> kernel_;
  std::function<void()> at_end_;
  Onlooker onlooker_;
  std::unordered_map<const void*, Name> alive_;
  std::map<Name, Threads> touched_;           // by whom
  std::map<std::size_t, std::size_t> begun_;  // how many things each thread has made
  std::vector<Taken> steps_;
  std::string failure_;
  std::size_t last_ = 0;
  Threads held_ = 0;          // whose turn it was; they come last
  Baton* starter_ = nullptr;  // of a thread that goes to its first step
  std::size_t pool_threads_ = 0;
  bool is_calm_ = false;
  std::optional<unsigned> early_timeouts_;  // none: no timeouts
};

}  // namespace explore
