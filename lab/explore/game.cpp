#include "lab/explore/game.hpp"

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/poller/poller.hpp"
#include "lab/explore/scenario_parts.hpp"
#include "runtime/io/scheduled_io.hpp"

namespace explore {
namespace {

using common::ReadySet;
using runtime::Direction;
using runtime::ScheduledIo;

/// What is woken. It outlives its wakers.
class Alarm final : public runtime::Wakeable {
 public:
  void wake() noexcept override {
    woken_.touch("wake");
    is_woken_ = true;
  }
  void add_ref() noexcept override {}
  void release() noexcept override {}

  /// False if nobody has woken it, and nobody will.
  bool sleep() {
    const auto is_woken = [this] { return is_woken_; };
    woken_.wait_until("sleep", is_woken, true);
    return std::exchange(is_woken_, false);
  }

 private:
  Watched woken_;
  bool is_woken_ = false;
};

struct Shared {
  Atomic<int> bytes_ = 0;
  ScheduledIo io{ReadySet()};
  Alarm alarm;

  void byte_comes() {
    bytes_.fetch_add(1);
    io.set_ready(ReadySet::readable());
  }
  void read(int wanted) {
    Context context(alarm);
    while (wanted > 0) {
      auto ready = io.poll_ready(Direction::read, context);
      if (ready.is_ready()) {
        wanted -= bytes_.exchange(0);
        io.clear(Direction::read, ready.take());
      } else if (!alarm.sleep()) {
        return;
      }
    }
  }
};

void play(Run& run, int earlier) {
  const auto shared = std::make_shared<Shared>();
  for (int i = 0; i < earlier; ++i) shared->byte_comes();
  time_passes(0);
  run.thread("task", [=] { shared->read(earlier + 1); });
  run.thread("reactor", [=] { shared->byte_comes(); });
}

// How each step is said. The first row that fits is meant; an empty word fits whatever is there.
struct Said {
  const char* thread;
  const char* function;
  const char* what;
  const char* last;
  const char* means;
  const char* came;     // of what is not nothing, and of a change that was made
  const char* nothing;  // was there: or the change was not made
};

const std::vector<Said>& all_said() {
  static const std::vector<Said> all = {
      {"task", "look", "", "store", "The task looks once more, now that its waker is there",
       "something has come meanwhile", "still nothing to read"},
      {"task", "look", "", "sleep", "The task is awake, and looks again",
       "there is something to read", "nothing to read"},
      {"task", "look", "", "", "The task looks whether there is something to read", "there is",
       "there is nothing"},
      {"task", "claim", "", "", "The task looks whether another one waits here", "nobody does",
       "nobody does"},
      {"task", "store", "load", "", "The task looks whether its waker is in place already", "it is",
       "no, the place is empty"},
      {"task", "store", "exchange", "", "The task puts its waker into the place",
       "whoever has news finds it there", ""},
      {"task", "sleep", "", "", "The task sleeps until somebody wakes it", "", "it is awake"},
      {"task", "read", "", "", "The task reads all that is in the socket", "it gets %", "nothing"},
      {"task", "clear", "", "clear", "The task tries again, whatever has come",
       "it says not ready now", "it has changed once more"},
      {"task", "clear", "", "", "The task clears the readiness, as it has read all there was",
       "it says not ready now", "no, it has changed since the look"},
      {"task", "take", "load", "",
       "The task need not wait: it looks whether its waker is still there", "it is",
       "no, the reactor has it"},
      {"task", "take", "exchange", "", "The task takes its waker back", "nobody will wake it",
       "the reactor was faster"},
      {"reactor", "byte_comes", "", "", "A byte comes", "% in the socket now", ""},
      {"reactor", "set_ready", "load", "", "The reactor looks what the readiness was", "%", "%"},
      {"reactor", "set_ready", "compare_exchange", "", "The reactor writes the event down", "%",
       "the readiness has changed meanwhile, so it tries again"},
      {"reactor", "take", "load", "", "The reactor looks for somebody to wake", "the task waits",
       "nobody is there"},
      {"reactor", "take", "exchange", "", "The reactor takes the task's waker", "it has it",
       "the task was faster"},
      {"reactor", "wake", "", "", "The reactor wakes the task", "", "it can go on"}};
  return all;
}

const Said& said_of(const Move& move) {
  const auto fits = [](const std::string& word, const std::string& is) {
    return word.empty() || word == is;
  };
  for (const Said& said : all_said()) {
    if (fits(said.thread, move.thread) && fits(said.function, move.function) &&
        fits(said.what, move.what) && fits(said.last, move.last))
      return said;
  }
  throw std::logic_error("nobody has said what it means: " + move.thread + ", " + move.function +
                         ", " + move.what);
}

/// What is there is shown as the words that stand for it.
std::string shown(const Move& move, std::uint64_t value) {
  return move.member == "bytes_" ? counted(value, "byte") : readiness(value);
}

}  // namespace

std::string counted(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

bool is_readable(std::uint64_t word) {
  return (word & ReadySet::readable().bits()) != 0;
}

std::string readiness(std::uint64_t word) {
  return "tick " + std::to_string(word >> 16) + ", " +
         (is_readable(word) ? "readable" : "not ready");
}

std::string means(const Move& move) {
  return said_of(move).means;
}

std::string outcome(const Move& move, std::uint64_t before, std::uint64_t after) {
  const Said& said = said_of(move);
  const bool writes = move.what == "compare_exchange" || move.what == "fetch_add";
  const bool came = writes                    ? before != after
                    : move.what == "exchange" ? before != 0 || after != 0
                    : move.member == "word_"  ? is_readable(before)
                                              : before != 0;
  std::string text = came ? said.came : said.nothing;
  const std::size_t place = text.find('%');
  if (place != std::string::npos)
    text.replace(place, 1, shown(move, move.function == "read" ? before : after));
  return text;
}

Introduction introduction(const std::string& name) {
  if (name == "look")
    return {
        "The task wants one byte, and none is there yet. It comes while the task looks whether "
        "it is there, finds nothing, and gets ready to wait.",
        "the second look: the task looks once more when its waker is in place"};
  return {
      "The task wants two bytes, and the first one is there: an event has said so, with tick 1. "
      "Each event makes the tick one more, so the second byte comes with tick 2, perhaps while "
      "the task still uses the first.",
      "the tick: the task clears the readiness only if no event has come since it looked"};
}

Scenario game(const std::string& name) {
  if (name == "look") return [](Run& run) { play(run, 0); };
  if (name == "tick") return [](Run& run) { play(run, 1); };
  throw std::invalid_argument("no such game: " + name + "; there are look and tick");
}

}  // namespace explore
