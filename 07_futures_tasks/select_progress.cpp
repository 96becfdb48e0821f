// 07, futures and tasks: what is lost when a select begins again with a new future.
//
// One task says six words, 350 ms apart. Another one reads until the end, and says every second
// that it still waits. With --read-anew each second has a read of its own, and what the one before
// has read is destroyed with it.
//
//   build/07_futures_tasks/select_progress                36 of 36 bytes
//   build/07_futures_tasks/select_progress --read-anew    fewer, and no error says so
//
// It takes no time. The clock is virtual: when no task can run, it jumps to the next timer.

#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "common/cli.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "runtime/runtime.hpp"
#include "runtime_flags.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kWord = "hello\n";
constexpr int kWords = 6;

/// Two sockets that are connected to each other. Throws std::system_error.
std::pair<runtime::TcpStream, runtime::TcpStream> connected_pair() {
  int ends[2];
  common::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
                "socketpair");
  return {runtime::TcpStream(common::Fd(ends[0])), runtime::TcpStream(common::Fd(ends[1]))};
}

runtime::Async<> say(runtime::TcpStream socket) {
  for (int i = 0; i < kWords; ++i) {
    co_await runtime::sleep(350ms);
    co_await socket.write_all(kWord);
  }
}

/// Reads everything, in one read that lives as long as the loop.
runtime::Async<std::string> hear(runtime::TcpStream& socket) {
  auto reading = socket.read_to_end();
  for (;;) {
    auto first = co_await runtime::select(reading, runtime::sleep(1s));
    if (first.index() == 0) co_return std::get<0>(std::move(first));
    std::puts("still waiting");
  }
}

/// The same, but for one word: the read that loses is a temporary, and is destroyed.
runtime::Async<std::string> hear_anew(runtime::TcpStream& socket) {
  for (;;) {
    auto first = co_await runtime::select(socket.read_to_end(), runtime::sleep(1s));
    if (first.index() == 0) co_return std::get<0>(std::move(first));
    std::puts("still waiting");
  }
}

runtime::Async<> run(bool read_anew) {
  auto [speaker, listener] = connected_pair();
  runtime::spawn(say(std::move(speaker))).detach();
  auto hearing = read_anew ? hear_anew(listener) : hear(listener);
  const std::string heard = co_await hearing;
  std::printf("%zu of %zu bytes\n", heard.size(), kWords * kWord.size());
}

}  // namespace

int main(int argc, char** argv) {
  bool read_anew = false;
  runtime::Options options;
  options.virtual_clock = true;
  common::CommandLine cli("Reads to the end, and says every second that it still waits.",
                          "build/07_futures_tasks/select_progress --read-anew");
  cli.add_break_it("--read-anew", "begin a new read each second", read_anew);
  add_trace_flag(cli, options);
  return cli.run(argc, argv, [&] {
    runtime::block_on(run(read_anew), options);
    return 0;
  });
}
