// How does a program start that no shell has made ready? Commands for it, which become the program.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"
#include "lab/support/shell.hpp"

namespace lab {

/// The command that becomes another, with its streams redirected as sh(1) knows it: "2>&-".
inline std::vector<std::string> with_streams(const std::string& redirections) {
  return {"sh", "-c", "exec \"$@\" " + redirections, "sh"};
}

/// A pipe that is full to the last byte, and has a reader, who does not read.
class FullPipe {
 public:
  FullPipe() {
    int ends[2];
    common::check(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), "pipe2");
    read_end_ = common::Fd(ends[0]);
    write_end_ = common::Fd(ends[1]);
    common::check(::fcntl(ends[1], F_SETPIPE_SZ, 4096), "fcntl F_SETPIPE_SZ");
    const std::array<char, 4096> page{};
    while (common::try_write(ends[1], page)) {
    }
  }

  /// The file to write to it. (Each who opens it has one of their own: ours does not wait.)
  [[nodiscard]] std::string path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(write_end_.get());
  }

  /// Reads all that is in it: from now on there is room.
  std::string drain() {
    std::string all;
    std::array<char, 4096> buffer;
    while (const auto size = common::try_read(read_end_.get(), buffer)) {
      all.append(buffer.data(), *size);
    }
    return all;
  }

 private:
  common::Fd read_end_;
  common::Fd write_end_;
};

}  // namespace lab
