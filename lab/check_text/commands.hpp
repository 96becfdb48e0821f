// How does a command that readers type become one that a test can run? It gets ports of its own and
// a short delay, and the output is translated back.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "common/fd.hpp"

namespace check_text {

/// How many ports in a row count from 8000, and from 2000: the multisocket programs take ten.
inline constexpr std::uint16_t kPortsInARow = 10;

/// What 8000 and 2000 stand for in a test: ports that nobody else uses.
struct Ports {
  std::uint16_t tcp;
  std::uint16_t udp;
  common::Fd claim = common::Fd();  ///< while this is open, no other check takes these ports
};

/// Finds ports that are free now, outside the range from which the kernel picks for others, and not
/// among the numbers that traces are full of. Several checks may run at the same time.
Ports find_free_ports();

/// True while somebody listens on this port of 127.0.0.1. See proc(5), /proc/net/tcp.
bool is_listening(std::uint16_t port);

/// Translates commands from the text's words to the test's, and output back.
class Translation {
 public:
  /// `build` is the build directory that `build/` stands for in the text, and `scratch` the one
  /// that `/tmp/` stands for. Both go into commands as they are, without quotes.
  Translation(const std::filesystem::path& build, const std::filesystem::path& scratch,
              std::chrono::milliseconds delay, Ports ports);

  /// `command` with these changes:
  ///
  ///  - 8000 to 8009 and 2000 to 2009, as words, become our ports, but not as the value of a long
  ///    option other than --port: `--clients 2000` means 2000
  ///  - build/… becomes the path in the real build directory, and /tmp/… that in one of our own
  ///  - a program in a numbered directory of build/ whose --help lists --port gets `--port P`, and
  ///    likewise `--delay`, unless the command says something else
  ///  - a program that takes no flags, and has a twin in with_flags/ that takes them, becomes that,
  ///    with `--port P`
  std::string to_run(const std::string& command);

  /// True if a command as it is run starts a program that takes no flags. Such a program does not
  /// say either when it is ready.
  static bool has_twin(const std::string& run) { return run.find("/with_flags/") != run.npos; }

  /// What 8000 stands for.
  [[nodiscard]] std::uint16_t tcp_port() const { return ports_.tcp; }

  /// Program output with those changes undone.
  [[nodiscard]] std::string to_shown(std::string output) const;

 private:
  std::string program(const std::string& path, const std::string& arguments);
  const std::string& help(const std::string& path);

  std::string build_;       // as it stands in commands
  std::string real_build_;  // the same without symbolic links, as programs may tell it
  std::string scratch_;
  std::string delay_;
  Ports ports_;
  std::map<std::string, std::string> help_;
  // From a path with the flags that it got, to the path in the text. The longest comes first.
  std::map<std::string, std::string, std::greater<>> shown_;
};

}  // namespace check_text
