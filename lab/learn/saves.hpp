// When has somebody saved a file? The kernel tells: see inotify(7).
#pragma once

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string>

#include "common/error.hpp"
#include "common/fd.hpp"

namespace learn {

/// Watches a directory from its making on. Editors save in two ways: they write the file, or they
/// write another one and give it the file's name.
class Saves {
 public:
  explicit Saves(const std::filesystem::path& directory)
      : inotify_(common::check(::inotify_init1(IN_CLOEXEC), "inotify_init1")) {
    common::check(
        ::inotify_add_watch(inotify_.get(), directory.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO),
        "inotify_add_watch");
  }

  /// Waits until a file of this name is saved, or returns at once if one was since the last call.
  void wait(const std::string& name) const {
    for (;;) {
      std::array<char, 4096> buffer;
      const auto call = [&] { return ::read(inotify_.get(), buffer.data(), buffer.size()); };
      const auto size = static_cast<std::size_t>(common::check(common::retry(call), "read"));
      bool saved = false;
      for (std::size_t at = 0; at < size;) {
        inotify_event event;
        std::memcpy(&event, &buffer[at], sizeof event);
        saved = saved || name == &buffer[at + sizeof event];
        at += sizeof event + event.len;
      }
      if (saved) return;
    }
  }

 private:
  const common::Fd inotify_;
};

}  // namespace learn
