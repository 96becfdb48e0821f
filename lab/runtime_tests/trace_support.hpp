// What must hold in every trace? Asked of the file itself, as a viewer would read it.
#pragma once

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lab/support/temporary_directory.hpp"

namespace runtime {

using nlohmann::json;

/// A file for a trace, which ends with it.
class TraceFile {
 public:
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string text() const { return lab::read_file(path_); }
  /// Throws json::parse_error where it is none.
  [[nodiscard]] json read() const { return json::parse(text()); }

 private:
  const lab::TemporaryDirectory directory_;
  const std::string path_ = directory_.write("trace.json", "");
};

/// A slice: its time in nanoseconds, and what the events in it and its end say.
struct Slice {
  std::string name;
  std::int64_t begin = 0;
  std::optional<std::int64_t> end;
  std::string result;
  std::optional<std::uint64_t> arrow;  // that ends here
};

struct Track {
  std::string name;
  std::vector<Slice> slices;
  std::vector<std::string> instants;

  [[nodiscard]] bool is_open() const { return !slices.empty() && !slices.back().end; }
  [[nodiscard]] std::vector<std::string> results() const {
    std::vector<std::string> all;
    for (const Slice& slice : slices) all.push_back(slice.result);
    return all;
  }
};

/// A trace, read as strictly as it goes: slices that are not closed or overlap, and arrows without
/// one of their ends, are failures of the test.
class TraceReader {
 public:
  using Key = std::pair<int, std::uint64_t>;  // process and thread

  explicit TraceReader(const json& file) {
    for (const json& event : file.at("traceEvents")) take(event);
    for (const auto& [key, track] : tracks_) {
      CAPTURE(track.name);
      CHECK_FALSE(track.is_open());
    }
    for (const auto& [id, begin] : begins_) {
      CAPTURE(id);
      CHECK(ends_.contains(id));
      CHECK(lies_in_slice(tracks_.at(begin.first), begin.second));
    }
  }

  /// The tasks, in the order in which they were spawned.
  [[nodiscard]] std::vector<Track> tasks() const {
    std::vector<Track> all;
    for (const auto& [key, track] : tracks_) {
      if (key.first == 1) all.push_back(track);
    }
    return all;
  }
  [[nodiscard]] const Track& task(std::uint64_t number) const { return tracks_.at({1, number}); }
  [[nodiscard]] const Track& driver() const { return tracks_.at({2, 1'000'000}); }
  /// Of threads that are not the runtime's.
  [[nodiscard]] std::vector<Track> others() const {
    std::vector<Track> all;
    for (const auto& [key, track] : tracks_) {
      if (key.first == 2 && key.second > 1'000'000) all.push_back(track);
    }
    return all;
  }
  [[nodiscard]] std::size_t arrows() const { return begins_.size(); }
  /// Where an arrow comes from.
  [[nodiscard]] const Track& origin(std::uint64_t arrow) const {
    return tracks_.at(begins_.at(arrow).first);
  }
  [[nodiscard]] std::int64_t wake_time(std::uint64_t arrow) const {
    return begins_.at(arrow).second;
  }

 private:
  static std::int64_t nanoseconds(const json& event) {
    return static_cast<std::int64_t>(event.at("ts").get<double>() * 1000 + 0.5);
  }

  static bool lies_in_slice(const Track& track, std::int64_t time) {
    return std::any_of(track.slices.begin(), track.slices.end(), [&](const Slice& slice) {
      return slice.begin <= time && time <= slice.end.value_or(0);
    });
  }

  void take(const json& event) {
    const std::string phase = event.at("ph");
    if (phase == "M" && event.at("name") == "process_name") return;
    const Key key{event.at("pid"), event.at("tid")};
    Track& track = tracks_[key];
    CAPTURE(event.dump());
    if (phase == "M") {
      if (event.at("name") == "thread_name") track.name = event.at("args").at("name");
      return;
    }
    CHECK_MESSAGE(!track.name.empty(), "a track is named first");
    const std::int64_t time = nanoseconds(event);
    if (phase == "B") {
      CHECK_FALSE(track.is_open());
      if (!track.slices.empty()) CHECK(time >= track.slices.back().end.value_or(time));
      track.slices.push_back({event.at("name"), time, {}, {}, {}});
    } else if (phase == "E") {
      REQUIRE(track.is_open());
      Slice& slice = track.slices.back();
      CHECK(time >= slice.begin);
      slice.end = time;
      if (event.contains("args")) slice.result = event.at("args").at("result");
    } else if (phase == "i") {
      track.instants.push_back(event.at("name"));
    } else if (phase == "s") {
      CHECK(begins_.emplace(event.at("id"), std::pair(key, time)).second);
    } else {
      REQUIRE(phase == "f");
      take_arrow(event, key, track, time);
    }
  }

  void take_arrow(const json& event, const Key& key, Track& track, std::int64_t time) {
    const std::uint64_t id = event.at("id");
    CHECK(event.at("bp") == "e");
    CHECK(key.first == 1);
    REQUIRE(track.is_open());
    CHECK_FALSE(track.slices.back().arrow);
    track.slices.back().arrow = id;
    REQUIRE(begins_.contains(id));
    CHECK(begins_.at(id).second <= time);
    CHECK(ends_.emplace(id, key).second);
  }

  std::map<Key, Track> tracks_;
  std::map<std::uint64_t, std::pair<Key, std::int64_t>> begins_;
  std::map<std::uint64_t, Key> ends_;
};

/// What the life of each task must be: spawned, polled only for a reason, and ended, once.
inline void check_lives(const TraceReader& trace) {
  for (const Track& task : trace.tasks()) {
    CAPTURE(task.name);
    CHECK(task.instants == std::vector<std::string>{"spawned", "ended"});
    REQUIRE_FALSE(task.slices.empty());
    CHECK_FALSE(task.slices.front().arrow);
    CHECK(task.slices.back().result != "pending");
    for (std::size_t i = 1; i < task.slices.size(); ++i) {
      const Slice& before = task.slices[i - 1];
      const Slice& slice = task.slices[i];
      CHECK(before.result == "pending");
      if (slice.result == "aborted" && !slice.arrow) continue;  // at the runtime's end
      REQUIRE(slice.arrow);
      CHECK(trace.wake_time(*slice.arrow) >= before.begin);
    }
  }
}

}  // namespace runtime
