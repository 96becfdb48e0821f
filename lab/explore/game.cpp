#include "lab/explore/game.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

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

}  // namespace

Scenario game(const std::string& name) {
  if (name == "look") return [](Run& run) { play(run, 0); };
  if (name == "tick") return [](Run& run) { play(run, 1); };
  throw std::invalid_argument("no such game: " + name + "; there are look and tick");
}

}  // namespace explore
