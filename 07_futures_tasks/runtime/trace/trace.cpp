#include "runtime/trace/trace.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/error.hpp"
#include "common/report.hpp"
#include "runtime/time/sleep.hpp"

namespace runtime {
namespace {

constexpr std::string_view kBegin = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n";
constexpr std::string_view kEnd = "\n]}\n";

constexpr std::array kResults = {"pending", "ready", "failed", "aborted"};

constexpr std::array<std::pair<common::ReadySet, const char*>, 5> kReadyNames = {
    {{common::ReadySet::readable(), " readable"},
     {common::ReadySet::writable(), " writable"},
     {common::ReadySet::read_hup(), " read_hup"},
     {common::ReadySet::hup(), " hup"},
     {common::ReadySet::error(), " error"}}};

std::string json(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < ' ' ? '?' : c;
  }
  return result + '"';
}

/// "task 3 serve server.cpp:34".
std::string name_of_task(std::uint64_t number, const Place& where) {
  // Some compilers put a template's arguments behind its name.
  std::string_view function = where.function;
  function = function.substr(0, function.find('<'));
  return "task " + std::to_string(number) + " " +
         std::string(function == "operator()" ? "lambda" : function) + " " +
         std::filesystem::path(where.file).filename().string() + ":" + std::to_string(where.line);
}

}  // namespace

Trace::Trace(const std::string& file)
    : file_(file),
      fd_(common::check(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666),
                        ("open " + file).c_str())) {}

Ref<Trace> make_trace(const std::string& file) {
  return file.empty() ? Ref<Trace>() : Ref<Trace>::adopt(new Trace(file));
}

Trace::~Trace() {
  if (error_ != 0) {
    common::print_line(std::system_error(error_, std::generic_category(), "write " + file_).what());
  }
}

/// Begins with the first event, when the runtime, whose clock it is, is there.
void Trace::begin() {
  if (size_ > 0) return;
  start_ = now();
  const std::pair<Track, const char*> processes[] = {{{1, 0}, "tasks"}, {kDriver, "threads"}};
  for (const auto& [track, name] : processes) {
    add_json(R"({"ph":"M","pid":)" + std::to_string(track.process) +
             R"(,"name":"process_name","args":{"name":)" + json(name) + "}}");
  }
  add_name(kDriver, "driver");
  write();
}

void Trace::close() {
  const std::lock_guard lock(mutex());
  if (error_ != 0) common::throw_error(std::exchange(error_, 0), "write " + file_);
}

void Trace::spawned(const Task& task, const Place& where) {
  const std::lock_guard lock(mutex());
  begin();
  const Track track{1, ++spawned_};
  tasks_.emplace(&task, Life{track, false, true, {}});
  add_name(track, name_of_task(track.number, where));
  add("i", track, R"(,"s":"t","name":"spawned")");
  write();
}

void Trace::woken(const Task& task) {
  const auto found = tasks_.find(&task);
  if (found == tasks_.end() || found->second.scheduled) return;
  Life& life = found->second;
  life.scheduled = true;
  const Track track = this_track();
  const bool no_slice = this_thread().slices.empty();
  if (no_slice) add("B", track, R"(,"name":"wake")");
  life.wake = Wake{track, now(), ++arrows_};
  // While it is polled, it may be about to end: then no poll follows, and no arrow leads to it.
  if (!life.polled) write_wake(*life.wake);
  if (no_slice) add("E", track, "");
  write();
}

/// The arrow's beginning, in the slice that is open where the wake was.
void Trace::write_wake(const Wake& wake) {
  add("s", wake.track, wake.time,
      R"(,"cat":"wake","name":"wake","id":)" + std::to_string(wake.arrow));
}

void Trace::poll_begins(const Task& task) {
  const auto found = tasks_.find(&task);
  if (found == tasks_.end()) return;
  Life& life = found->second;
  life.polled = true;
  life.scheduled = false;
  this_thread().slices.push_back(life.track);
  add("B", life.track, R"(,"name":"poll")");
  if (life.wake) {
    add("f", life.track,
        R"(,"bp":"e","cat":"wake","name":"wake","id":)" + std::to_string(life.wake->arrow));
  }
  life.wake.reset();
  write();
}

void Trace::poll_ends(const Task& task, Polled result, int ready) {
  const std::lock_guard lock(mutex());
  const auto found = tasks_.find(&task);
  if (found == tasks_.end()) return;
  Life& life = found->second;
  life.polled = false;
  if (life.wake && result == Polled::waits) write_wake(*life.wake);
  Thread& thread = this_thread();
  thread.slices.pop_back();
  add("E", life.track,
      R"(,"args":{"result":)" + json(kResults[static_cast<std::size_t>(result)]) + R"(,"ready":)" +
          std::to_string(ready) + R"(,"worker":)" + std::to_string(thread.number) + "}");
  if (result != Polled::waits) {
    add("i", life.track, R"(,"s":"t","name":"ended")");
    tasks_.erase(found);
  }
  write();
}

void Trace::turn_begins(const char* what) {
  const std::lock_guard lock(mutex());
  begin();
  this_thread().slices.push_back(kDriver);
  add("B", kDriver, ",\"name\":" + json(what));
  write();
}

/// What the driver waited for is there: the slice of its wait ends, and that of its wakes begins.
void Trace::begin_wakes() {
  if (std::exchange(driver_wakes_, true)) return;
  add("E", kDriver, "");
  add("B", kDriver, R"(,"name":"wakes")");
}

void Trace::heard(int fd, common::ReadySet ready) {
  std::string what = "a descriptor that is gone";
  if (fd != -1) {
    what = "fd " + std::to_string(fd);
    for (const auto& [bits, name] : kReadyNames) {
      if (ready.contains(bits)) what += name;
    }
  }
  note(what);
}

void Trace::heard_of_thread() {
  note("another thread");
}

void Trace::note(const std::string& what) {
  const std::lock_guard lock(mutex());
  begin_wakes();
  add("i", kDriver, R"(,"s":"t","name":)" + json(what));
  write();
}

void Trace::turn_ends(std::size_t timers_fired) {
  const std::lock_guard lock(mutex());
  if (timers_fired > 0) {
    begin_wakes();
    add("i", kDriver,
        R"(,"s":"t","name":"timers","args":{"fired":)" + std::to_string(timers_fired) + "}");
  }
  driver_wakes_ = false;
  this_thread().slices.pop_back();
  add("E", kDriver, "");
  write();
}

Trace::Thread& Trace::this_thread() {
  return threads_.try_emplace(std::this_thread::get_id(), Thread{threads_.size(), {}, false})
      .first->second;
}

/// The one whose slice is open on this thread; or, outside of all that the runtime does, the
/// thread's own.
Trace::Track Trace::this_track() {
  Thread& thread = this_thread();
  if (!thread.slices.empty()) {
    if (thread.slices.back().process == kDriver.process) begin_wakes();
    return thread.slices.back();
  }
  const Track own{kDriver.process, kDriver.number + 1 + thread.number};
  if (!std::exchange(thread.has_track, true)) {
    add_name(own, "thread " + std::to_string(thread.number));
  }
  return own;
}

void Trace::add_name(Track track, const std::string& name) {
  const std::string begin = R"({"ph":"M","pid":)" + std::to_string(track.process) + R"(,"tid":)" +
                            std::to_string(track.number);
  add_json(begin + R"(,"name":"thread_name","args":{"name":)" + json(name) + "}}");
  add_json(begin + R"(,"name":"thread_sort_index","args":{"sort_index":)" +
           std::to_string(track.number) + "}}");
}

void Trace::add(const char* phase, Track track, const std::string& more) {
  add(phase, track, now(), more);
}

void Trace::add(const char* phase, Track track, Time time, const std::string& more) {
  const auto ns = std::chrono::nanoseconds(time - start_).count();
  std::array<char, 160> begin;
  std::snprintf(begin.data(), begin.size(), R"({"ph":"%s","pid":%d,"tid":%llu,"ts":%lld.%03lld)",
                phase, track.process, static_cast<unsigned long long>(track.number),
                static_cast<long long>(ns / 1000), static_cast<long long>(ns % 1000));
  add_json(begin.data() + more + "}");
}

void Trace::add_json(const std::string& event) {
  const bool first = size_ == 0 && unwritten_.empty();
  unwritten_ += first ? kBegin : ",\n";
  unwritten_ += event;
}

/// The new events, and behind them what closes the file, where that was before. After an error no
/// more is tried: `close` reports it.
void Trace::write() {
  const std::string text = std::exchange(unwritten_, {}) + std::string(kEnd);
  std::size_t written = 0;
  while (error_ == 0 && written < text.size()) {
    const ssize_t count = ::pwrite(fd_.get(), text.data() + written, text.size() - written,
                                   static_cast<off_t>(size_ + written));
    if (count == -1) error_ = errno;
    written += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  }
  size_ += text.size() - kEnd.size();
}

}  // namespace runtime
