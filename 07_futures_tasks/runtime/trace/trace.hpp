// What did each task do, when, and who woke it? With a trace, the runtime writes it down.
//
// The file is in Chrome's Trace Event Format, which https://ui.perfetto.dev and chrome://tracing
// open: a track for each task, with a slice for each of its polls; one for the driver, with its
// waits and what they brought; and an arrow from each wake to the poll that it caused. The place
// that spawned a task names it, as in tokio-console.
//
// Thread safety: all of it. Invariants:
//  1. After each call the file is whole, however the program ends: what closes the JSON is written
//     with each event, and overwritten by the next.
//  2. A wake, and the start of a poll, change the task's state under the trace's mutex: so both
//     agree which wake was first, and which poll came of it.
//  3. Nothing that differs from run to run is written, but for the time and the order of threads.
//     With a virtual clock, the same run gives the same file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/poller/poller.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/trace/place.hpp"

namespace runtime {

class Task;
class Timers;

/// What became of a poll. `aborted`: the future was destroyed instead.
enum class Polled : char { waits, ready, failed, aborted };

/// Whoever may have one has a pointer to it, which is null when nothing is traced: to ask is all
/// that it then costs.
class Trace : public RefCounted {
 public:
  /// Errors: "open trace.json: Permission denied" and the like.
  explicit Trace(const std::string& file);
  /// Prints the error that nobody came for.
  ~Trace() override;

  /// Time is counted from here, by `clock`, which must outlive the last task.
  void start(const Timers& clock);
  /// Nothing more comes. Throws the first error that a write has met ("write trace.json: No space
  /// left on device").
  void close();

  // What tasks do. (Inlined, two of these would be in the way of those that nobody traces.)

  void spawned(const Task& task, const Place& where);
  /// Calls `wake`, which changes the task's state, and returns what it does. Of several wakes
  /// before a poll the first one has the arrow.
  template <class Wake>
  [[gnu::noinline]] auto woken(const Task& task, Wake wake) {
    const std::lock_guard lock(mutex_);
    note_wake(task);
    return wake();
  }
  /// The same for `start`.
  template <class Start>
  [[gnu::noinline]] auto poll_begins(const Task& task, Start start) {
    const std::lock_guard lock(mutex_);
    note_poll(task);
    return start();
  }
  /// Unless it waits, this was the task's last poll. To be called before the state says so.
  void poll_ends(const Task& task, Polled result);

  // What the driver does, and the reactor in it:

  /// `what` is "park" or "look".
  void turn_begins(const char* what);
  /// Something is ready; `token` is a `registered` one, or 0 for a wake from another thread.
  void heard(common::Token token, common::ReadySet ready);
  void turn_ends(std::size_t timers_fired);

  void registered(common::Token token, int fd);
  void deregistered(common::Token token);

 private:
  using Time = common::Clock::time_point;

  struct Track {
    int process;
    std::uint64_t number;
  };
  /// A wake that has an arrow: where and when it was.
  struct Wake {
    Track track;
    Time time;
    std::uint64_t arrow;
  };
  struct Life {
    Track track;
    bool polled = false;       // it is being polled now
    bool scheduled = true;     // as TaskState's flag of that name
    std::optional<Wake> wake;  // that made it scheduled
  };
  struct Thread {
    std::uint64_t number;
    std::vector<Track> slices;  // open ones, the innermost last
    bool has_track = false;
  };

  static constexpr Track kDriver{2, 1'000'000};  // numbers that no task is likely to have

  void note_wake(const Task& task);
  void note_poll(const Task& task);
  void write_wake(const Wake& wake);
  Thread& this_thread();
  Track this_track();
  void begin_wakes();
  void add_name(Track track, const std::string& name);
  /// One event, now or at `time`; `more` begins with a comma.
  void add(const char* phase, Track track, const std::string& more);
  void add(const char* phase, Track track, Time time, const std::string& more);
  void add_json(const std::string& event);
  void write();

  const std::string file_;
  const common::Fd fd_;
  std::mutex mutex_;  // guards what follows
  int error_ = 0;     // errno of the first write that failed
  std::uint64_t size_ = 0;
  std::string unwritten_;
  const Timers* clock_ = nullptr;
  Time start_;
  std::uint64_t spawned_ = 0;
  std::uint64_t arrows_ = 0;
  bool driver_wakes_ = false;  // its wait is over, and its slice of wakes is open
  std::map<const Task*, Life> tasks_;
  std::map<std::thread::id, Thread> threads_;
  std::map<std::uint64_t, int> descriptors_;  // by token
};

}  // namespace runtime
