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
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/poller/poller.hpp"
#include "runtime/trace/observer.hpp"
#include "runtime/trace/place.hpp"

namespace runtime {

class Task;

/// Writes what it is told to a file. The clock that counts is the runtime's, from the first event.
class Trace final : public Observer {
 public:
  /// Errors: "open trace.json: Permission denied" and the like.
  explicit Trace(const std::string& file);
  /// Prints the error that nobody came for.
  ~Trace() override;

  /// Nothing more comes. Throws the first error that a write has met ("write trace.json: No space
  /// left on device").
  void close();

  void spawned(const Task& task, const Place& where) override;
  /// Of several wakes before a poll the first one has the arrow.
  void woken(const Task& task) override;
  void poll_begins(const Task& task) override;
  void poll_ends(const Task& task, Polled result, int ready) override;
  void turn_begins(const char* what) override;
  void heard(int fd, common::ReadySet ready) override;
  void heard_of_thread() override;
  void turn_ends(std::size_t timers_fired) override;

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

  void begin();
  void note(const std::string& what);
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
  // What follows is guarded by the observer's mutex.
  int error_ = 0;  // errno of the first write that failed
  std::uint64_t size_ = 0;
  std::string unwritten_;
  Time start_;
  std::uint64_t spawned_ = 0;
  std::uint64_t arrows_ = 0;
  bool driver_wakes_ = false;  // its wait is over, and its slice of wakes is open
  std::map<const Task*, Life> tasks_;
  std::map<std::thread::id, Thread> threads_;
};

/// A trace that is written to `file`; none if that is empty. Errors: those of `Trace`.
Ref<Trace> make_trace(const std::string& file);

}  // namespace runtime
