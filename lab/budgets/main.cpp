// How many system calls does an echo cost? Each chapter's echo server runs under strace(1), which
// writes down every call of every thread; between two marks they are counted.
//
//   build/lab/budgets       about ten seconds: 100 echoes each, then a second without any
//
// strace makes a server slow, so nothing here is timed. But a client in lock step, one echo after
// the other, gets the same calls from a slow server: unless the server spins. Then what is counted
// is how often it could ask meanwhile, and without strace that is far more.

#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/cli.hpp"
#include "lab/support/call_trace.hpp"
#include "lab/support/chapter_rows.hpp"
#include "lab/support/chapters.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/server.hpp"

namespace {

using lab::Peer;
using lab::Server;
using std::filesystem::path;

/// A server that makes more calls than this while nobody asks anything of it spins.
constexpr std::size_t kSpins = 1000;

constexpr std::size_t kClients = 10;

struct Budget {
  std::uint64_t echoes;
  lab::Calls echoing;  // from the middle of one echo to the middle of another, `echoes` later
  lab::Calls idle;     // in a second, with ten clients that say nothing
};

using Row = lab::ChapterRow<Budget>;

void exchange(Peer& peer, const std::string& text) {
  if (peer.exchange(text) != text) throw std::runtime_error("an echo did not come back");
}

/// Waits until all that was asked of the server is done: it sleeps, or it spins. Returns the calls
/// that it has made until then.
std::vector<std::string> settle(const Server& server, lab::CallTrace& trace) {
  std::vector<std::string> lines;
  const auto take = [&] {
    const std::vector<std::string> more = trace.take();
    lines.insert(lines.end(), more.begin(), more.end());
  };
  const auto settled = [&] {
    take();
    return lab::Calls(lines).count() > kSpins || lab::all_threads_sleep(server.pid());
  };
  lab::wait_until(settled, "the server sleeps, or spins");
  take();
  return lines;
}

Budget measure(const path& chapter, std::uint64_t echoes) {
  lab::CallTrace trace;
  const Server server(chapter / "echo_server", lab::flags_for_one_thread(chapter), {},
                      trace.command());
  std::vector<Peer> clients;
  exchange(clients.emplace_back(server.port()), "hello");
  settle(server, trace);

  exchange(clients.front(), "begin");
  for (std::uint64_t i = 1; i < echoes; ++i) exchange(clients.front(), "x");
  exchange(clients.front(), "end");
  Budget budget{echoes, lab::Calls(lab::between("\"begin\"", "\"end\"", trace.take())),
                lab::Calls()};

  // In chapter 01 the others wait until the first is gone. Nobody says anything either way.
  while (clients.size() < kClients) clients.emplace_back(server.port());
  settle(server, trace);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  // One that spins may have been kept from running: then it has not slept.
  budget.idle = lab::Calls(settle(server, trace));
  // That there was nothing to write down is true only if it would have been.
  exchange(clients.front(), "still");
  exchange(clients.front(), "here");
  lab::between("\"still\"", "\"here\"", trace.take());
  return budget;
}

/// The kinds of calls that have a column of their own, each with its names.
const std::vector<std::vector<std::string>> kKinds = {
    {"poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2"},
    {"read", "readv", "recvfrom", "recvmsg"},
    {"write", "writev", "sendto", "sendmsg"},
};

void print_figures(const Row& row) {
  const lab::Calls& echoing = row.figures->echoing;
  const auto per_echo = [&](std::size_t calls) {
    return static_cast<double>(calls) / static_cast<double>(row.figures->echoes);
  };
  std::size_t other = echoing.count();
  for (const std::vector<std::string>& names : kKinds) {
    std::size_t calls = 0;
    for (const std::string& name : names) calls += echoing.count(name);
    std::printf(" %5.4g", per_echo(calls));
    other -= calls;
  }
  const std::size_t idle = row.figures->idle.count();
  std::printf(" %5.4g %6.4g %11zu  %s%s", per_echo(other), per_echo(echoing.would_block()), idle,
              echoing.names().c_str(), idle > kSpins ? "; at least: it spins" : "");
}

void print_heading(std::uint64_t echoes) {
  std::printf(
      "an echo server's system calls: in one of %llu echoes, and in a second with %zu silent "
      "clients\n\n",
      static_cast<unsigned long long>(echoes), kClients);
  std::printf("%-19s %5s %5s %5s %5s %6s %11s  %s\n", "chapter", "wait", "read", "write", "other",
              "EAGAIN", "idle second", "calls of an echo");
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t echoes = 100;
  common::CommandLine cli(
      "Counts the system calls of each chapter's echo server, with strace: for an echo, how many\n"
      "of them end in EAGAIN, and in a second with ten clients that say nothing.",
      "build/lab/budgets --echoes 1000");
  cli.add_count("--echoes", "echoes of the client, one after the other", echoes);
  return cli.run(argc, argv, [&] {
    lab::require_strace();
    const auto rows =
        lab::measure_rows(lab::built_chapters({"echo_server"}),
                          [&](const path& chapter, auto&) { return measure(chapter, echoes); });
    print_heading(echoes);
    return lab::print_rows(rows, 19, print_figures);
  });
}
