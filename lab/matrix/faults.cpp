// What if a system call fails that never fails? strace(1) makes it, in each server that a chapter
// has, for each call that it makes, one call after the other.

#include <algorithm>
#include <map>
#include <set>

#include "activity.hpp"
#include "lab/support/call_trace.hpp"
#include "lab/support/program.hpp"
#include "troubles.hpp"

namespace matrix {

namespace {

using lab::Program;

/// Calls in which not every error is possible. In all others, which are about one connection or one
/// datagram, each of the four is: a server should not depend on which errors its kernel knows.
const std::map<std::string, std::set<std::string>> kPossible = {
    // These are for the whole server. Its manual page says what can happen to it.
    {lab::kPollCall, {"EINTR", "ENOMEM"}},
    {lab::kEpollWaitCall, {"EINTR"}},
    // What a completion says is memory, and no call that strace could let fail.
    {"io_uring_enter", {"EINTR"}},
    {"clock_nanosleep", {"EINTR"}},
    // Memory, and what a thread is made of.
    {"mmap", {"ENOMEM"}},
    {"mprotect", {"ENOMEM"}},
    {"madvise", {"ENOMEM"}},
    {"clone", {"ENOMEM"}},
    {"clone3", {"ENOMEM"}},
    // strace does not make the call that it lets fail. On Linux close(2) does close, whatever it
    // returns, and FUTEX_WAKE wakes: a server cannot be tested with one that does not.
    {"close", {}},
    {"futex", {}},
    {"munmap", {}},
    {"brk", {}},  // nor does it fail with an error number
    // The C library's own: these fail for no such reason.
    {"exit", {}},
    {"gettid", {}},
    {"rseq", {}},
    {"rt_sigprocmask", {}},
    {"set_robust_list", {}},
    // What strace interrupted when it came goes on: this is none of the server's calls.
    {"restart_syscall", {}},
};

bool is_possible(const std::string& call, const std::string& error) {
  const auto found = kPossible.find(call);
  return found == kPossible.end() || found->second.contains(error);
}

/// strace at work on a server that runs already, from here until the end of this object's life.
class Tracer {
 public:
  Tracer(const lab::CallTrace& trace, pid_t pid, const std::vector<std::string>& flags)
      : program_(command(trace, pid, flags)) {
    program_.wait_for_error("strace: Process ");
  }
  /// Lets go of the server. strace does not hear a signal that comes just before it goes to sleep:
  /// then it gets another.
  ~Tracer() {
    do {
      program_.signal(SIGINT);
    } while (!ends_soon(program_.pid()));
  }
  Tracer(Tracer&&) = delete;

 private:
  static std::vector<std::string> command(const lab::CallTrace& trace, pid_t pid,
                                          const std::vector<std::string>& flags) {
    std::vector<std::string> words = trace.attach(pid);
    words.insert(words.end(), flags.begin(), flags.end());
    return words;
  }

  Program program_;
};

/// A client that may well be unlucky: its connection may end at any time. False if it is let wait.
bool try_to_be_served(Scene& scene, const std::string& program) {
  try {
    const auto client = scene.connect_polite_client();
    for (int i = 0; i < 3; ++i) {
      client->ask();
      if (!scene.hears(*client)) return false;
      if (!client->is_served() || program == "server") break;
    }
  } catch (const std::system_error&) {
    // its connection has failed
  }
  return true;
}

/// Clients come while strace is at work with these flags.
void send_clients(Scene& scene, const std::string& program, const lab::CallTrace& trace,
                  const std::vector<std::string>& flags) {
  const Tracer tracer(trace, scene.pid(), flags);
  for (int i = 0; i < 3; ++i) {
    scene.expect(try_to_be_served(scene, program), "a client got neither answer nor end");
  }
  // strace must not let go in the middle of a fault: the call would fail in yet another way.
  if (scene.rests()) {
    comes_to_rest(scene.pid());
  } else {
    // It has made some thousand calls by then: no more faults.
    comes_to_rest(scene.pid(), std::chrono::milliseconds(10));
  }
}

/// What a program calls while it serves.
std::set<std::string> calls_of(const Column& column, const std::string& program,
                               const Scene::Flags& flags) {
  lab::CallTrace trace;
  Scene scene(column, program, flags);
  scene.judge([&](Scene& server) { send_clients(server, program, trace, {}); });
  return lab::Calls(trace.take()).all_names();
}

/// Of the calls of this name that each thread makes, the first, the fourth and the seventh fail.
Cell inject(const Column& column, const std::string& program, const Scene::Flags& flags,
            const std::string& call, const std::string& error) {
  const lab::CallTrace trace;
  const Scene::Flags inject = {"-e", "trace=" + call, "-e",
                               "inject=" + call + ":error=" + error + ":when=1..7+3"};
  Cell cell = Scene(column, program, flags).judge([&](Scene& scene) {
    send_clients(scene, program, trace, inject);
  });
  cell.details.insert(cell.details.begin(),
                      program + ": " + error + " in " + call + ": " + word_for(cell.outcome));
  return cell;
}

Cell inject_each(const Column& column, const std::string& error) {
  Cell cell;
  for (const auto& [program, flags] : kServers) {
    if (!exists(column.file(program))) continue;
    for (const std::string& call : calls_of(column, program, flags)) {
      if (is_possible(call, error)) cell.add(inject(column, program, flags, call, error));
    }
  }
  return cell;
}

}  // namespace

std::vector<Trouble> faults() {
  std::vector<Trouble> rows;
  for (const std::string error : {"EINTR", "ENOMEM", "ECONNABORTED", "ENOBUFS"}) {
    rows.push_back({error, "all: " + error + " in each call",
                    [error](const Column& column) -> std::optional<Cell> {
                      return inject_each(column, error);
                    }});
  }
  return rows;
}

}  // namespace matrix
