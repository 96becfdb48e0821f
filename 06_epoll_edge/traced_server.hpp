// Which system calls does a server of this chapter make? strace(1) writes them down. Under it a
// program with a sanitizer does not run.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "lab/conformance/conformance.hpp"
#include "lab/support/call_trace.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"
#include "lab/support/temporary_directory.hpp"

namespace lab {

/// A server under strace.
class TracedServer {
 public:
  explicit TracedServer(const std::string& name, const std::vector<std::string>& flags = {})
      // With -D the server is our child, and strace its: signals reach the server.
      : server_(chapter.program(name), flags, {}, {"strace", "-D", "-o", file_}) {}

  std::uint16_t port() const { return server_.port(); }
  Server& server() { return server_; }

  /// Stops it. Returns the lines of the trace from the first accepted connection on.
  std::vector<std::string> stop() {
    const Result result = server_.stop();
    CHECK_MESSAGE(result.status == 0, result.err);
    wait_until([&] { return read_file(file_).find("+++ exited") != std::string::npos; },
               "all is written");
    std::vector<std::string> lines;
    std::ifstream file(file_);
    for (std::string line; std::getline(file, line);) {
      if (!lines.empty() || line.starts_with("accept4(")) lines.push_back(line);
    }
    return lines;
  }

 private:
  const TemporaryDirectory directory_;
  const std::string file_ = directory_ / "trace";
  Server server_;
};

/// The lines that begin with `call`.
inline std::vector<std::string> only(const std::string& call, std::vector<std::string> lines) {
  std::erase_if(lines, [&](const std::string& line) { return !line.starts_with(call); });
  return lines;
}

}  // namespace lab
