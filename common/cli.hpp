// Which flags does a program take? The same ones in every chapter.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/socket.hpp"

namespace common {

/// Where to listen, or whom to connect to.
struct Endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;
};

struct ServerOptions : Endpoint {
  Duration delay = std::chrono::seconds(1);
  /// The server stops after serving so many.
  std::uint64_t connections = std::numeric_limits<std::uint64_t>::max();
  /// A peer that answers nothing for so long is gone; zero: never.
  Duration peer_timeout = kPeerTimeout;
};

struct ClientOptions : Endpoint {
  std::uint64_t clients = 10;
};

/// Thrown by a program whose flags are right each, and do not go together.
class WrongUsage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One program's command line: which flags it takes, what `--help` says. CLI11 does the work, and
/// is compiled in cli.cpp alone. Bind the flags first, then `run`.
class CommandLine {
 public:
  /// `shows` says in a sentence or two what the program shows; `try_next` is a command.
  CommandLine(const std::string& shows, const std::string& try_next);
  ~CommandLine();

  /// --host and --port, for servers (where `--port 0` picks a free one) and clients alike.
  void add_endpoint(Endpoint& endpoint);
  /// --delay: a number and its unit (us, ms, s). `what` says which time that is. `name` is for a
  /// program that has another one.
  void add_delay(Duration& delay, const std::string& what = "time between start and end",
                 const std::string& name = "--delay");
  /// --peer-timeout: as --delay; at least 1s, or 0s.
  void add_peer_timeout(Duration& timeout);
  /// --connections: at least 1.
  void add_connections(std::uint64_t& connections);
  /// --clients: at least 1.
  void add_clients(std::uint64_t& clients);
  /// A number of the program's own, decimal as all numbers here, from `least` to `most`. The
  /// environment variable of this name, if there is one, says what it is where the flag does not.
  void add_count(const std::string& name, const std::string& what, std::uint64_t& value,
                 std::uint64_t least = 1, std::uint64_t most = 1'000'000,
                 const std::string& environment = "");
  /// One of these words; `chosen` is given its number. The environment variable: as for
  /// `add_count`.
  void add_choice(const std::string& name, const std::string& what,
                  const std::vector<std::string>& words,
                  const std::function<void(std::size_t)>& chosen,
                  const std::string& environment = "");
  /// A flag of the program's own that makes `value` true.
  void add_flag(const std::string& name, const std::string& what, bool& value);
  /// A flag with a text of the program's own: "--name" may be left out, then `value` stays as it
  /// is. A name without dashes is that of a word that the command line must have. `kind` is what
  /// `--help` says that it is.
  void add_text(const std::string& name, const std::string& what, std::string& value,
                const std::string& kind = "TEXT");
  /// A word that may be left out; then `value` stays as it is.
  void add_word(const std::string& name, const std::string& what, std::string& value);
  /// A flag that turns one necessary thing off. `--help` lists these under "break it".
  void add_break_it(const std::string& name, const std::string& what, bool& value);

  /// Prepares the process, parses the command line, then runs `program`. Returns main's exit
  /// status: what `program` returns; 0 after `--help`; 2, with a line on standard error, for a bad
  /// flag or WrongUsage; 1, with a line on standard error, when `program` throws anything else, or
  /// when what was printed could not be written.
  int run(int argc, char** argv, const std::function<int()>& program);

 private:
  int parse_and_run(int argc, char** argv, const std::function<int()>& program);

  static constexpr int kWrongUsage = 2;  // as in the shell's own commands
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace common
