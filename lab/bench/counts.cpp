#include "counts.hpp"

#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "lab/support/call_trace.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"
#include "lab/support/temporary_directory.hpp"
#include "load_generator.hpp"
#include "open_files.hpp"

namespace bench {
namespace {

/// callgrind counts an instruction that repeats itself as often as it does. So memset and memcpy
/// are told to take others.
const std::vector<std::string> kCallgrind = {
    "env",
    "GLIBC_TUNABLES=glibc.cpu.x86_rep_stosb_threshold=1000000000:"
    "glibc.cpu.x86_rep_movsb_threshold=1000000000",
    "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"};

/// All instructions of a program that callgrind ran: "==12== Collected : 2511".
double instructions(const lab::Result& result) {
  const std::string before = "Collected : ";
  const std::size_t at = result.err.rfind(before);
  if (at == std::string::npos) throw std::runtime_error("no count of callgrind's:\n" + result.err);
  return std::stod(result.err.substr(at + before.size()));
}

/// What `before`, as valgrind or strace, finds when runtime_costs has tasks answer each other.
lab::Result run_echoes(std::vector<std::string> before, const std::string& figure,
                       std::uint64_t echoes) {
  const std::vector<std::string> command = {program_beside("runtime_costs"), "--only", figure,
                                            "--echoes", std::to_string(echoes)};
  before.insert(before.end(), command.begin(), command.end());
  const lab::Result result = lab::run(before);
  if (result.status != 0 || result.out.empty())
    throw std::runtime_error(command.front() + ": no " + figure + "\n" + result.err);
  return result;
}

/// What it costs to do a thing once, by what it costs to do it `few` times and three times as
/// often.
template <class Cost>
double cost_of_one(std::size_t few, Cost cost) {
  const double once = cost(few);
  return (cost(3 * few) - once) / (2 * static_cast<double>(few));
}

/// A server that runs by `command`, as `lab::Server` takes it, with so many connections. It ends
/// with the last of them: to a program that waits for a ring, an old valgrind passes no signal on.
class Echoing {
 public:
  Echoing(const Subject& subject, const std::vector<std::string>& command, std::size_t connections)
      : server_(subject.program, with(subject.flags, connections), {}, command) {
    while (peers_.size() < connections) peers_.emplace_back(server_.port()).send_at_once();
  }

  /// Each sends a message, and gets it back.
  void go_round() {
    settle();
    // It stands while they send: so it finds all of them at once, however fast it is.
    if (peers_.size() > 1) lab::stop_for_now(server_);
    for (lab::Peer& peer : peers_) peer.send(message_);
    if (peers_.size() > 1) server_.program().signal(SIGCONT);
    for (lab::Peer& peer : peers_) {
      if (peer.read(message_.size()) != message_)
        throw std::runtime_error("an echo did not come back");
    }
  }

  /// What it does besides, it has done: no message comes early, and spares it a look in vain.
  void settle() const {
    lab::wait_until([&] { return lab::all_threads_sleep(server_.pid()); }, "the server sleeps");
  }

  lab::Result end() {
    peers_.clear();
    return server_.program().wait();
  }

 private:
  static std::vector<std::string> with(std::vector<std::string> flags, std::size_t connections) {
    flags.insert(flags.end(), {"--connections", std::to_string(connections)});
    return flags;
  }

  const std::string message_ = std::string(64, 'x');
  lab::Server server_;
  std::vector<lab::Peer> peers_;
};

double instructions_of_echoes(const Subject& subject, std::size_t connections, std::size_t times) {
  Echoing echoing(subject, kCallgrind, connections);
  for (std::size_t i = 0; i < times; ++i) echoing.go_round();
  return instructions(echoing.end());
}

}  // namespace

void require_valgrind() {
  try {
    lab::run({"valgrind", "--version"});
  } catch (const std::system_error& error) {
    throw std::runtime_error(std::string(error.what()) + " (README.md says what to install)");
  }
}

double instructions_per_echo(const Subject& server, std::size_t connections) {
  const std::size_t rounds = connections == 1 ? 400 : 40;
  return cost_of_one(rounds,
                     [&](std::size_t times) {
                       return instructions_of_echoes(server, connections, times);
                     }) /
         static_cast<double>(connections);
}

double calls_per_echo(const Subject& server, std::size_t connections) {
  require_open_files(connections);
  lab::require_strace();
  const std::size_t rounds = connections == 1 ? 100 : 10;
  lab::CallTrace trace;
  Echoing echoing(server, trace.command(), connections);
  echoing.go_round();  // all are accepted now
  echoing.settle();
  trace.take();
  for (std::size_t i = 0; i < rounds; ++i) echoing.go_round();
  echoing.settle();
  const std::size_t calls = lab::Calls(trace.take()).count();
  return static_cast<double>(calls) / static_cast<double>(rounds * connections);
}

double bytes_per_connection(const Subject& subject) {
  constexpr std::uint64_t kFew = 1'000;
  require_open_files(3 * kFew);
  const lab::Server server(subject.program, subject.flags);
  const common::Endpoint endpoint{.port = server.port()};
  const LoadGenerator few({.server = endpoint, .active = 1, .idle = kFew - 1});
  const std::size_t before = lab::resident_bytes(server.pid());
  const LoadGenerator more({.server = endpoint, .active = 1, .idle = 2 * kFew - 1});
  const std::size_t after = lab::resident_bytes(server.pid());
  return (static_cast<double>(after) - static_cast<double>(before)) / (2 * kFew);
}

double instructions_beside(std::size_t idle_tasks) {
  const std::string name =
      "echo_beside_" + std::to_string(idle_tasks) + (idle_tasks == 0 ? "_detached" : "_joined");
  return cost_of_one(
      200, [&](std::size_t echoes) { return instructions(run_echoes(kCallgrind, name, echoes)); });
}

std::size_t futex_calls(std::uint64_t echoes) {
  lab::require_strace();
  const lab::TemporaryDirectory directory;
  const std::filesystem::path trace = directory / "trace";
  // Without --seccomp-bpf: so every call takes long, and whoever can go to sleep meanwhile does.
  run_echoes({"strace", "-f", "-e", "trace=futex", "-o", trace}, "echo_2_workers_idle_worker",
             echoes);
  std::istringstream text(lab::read_file(trace));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  // Its last line: none at all would be a count of nothing, too.
  if (lines.empty() || lines.back().find("+++ exited with 0 +++") == std::string::npos)
    throw std::runtime_error("strace has not written all of " + trace.string());
  return lab::Calls(lines).count();
}

}  // namespace bench
