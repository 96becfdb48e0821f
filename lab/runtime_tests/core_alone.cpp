// Is the core enough? A program of two tasks, with sockets and the time, that links nothing else of
// the runtime.
#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "runtime/core.hpp"

namespace {

using namespace std::chrono_literals;

runtime::Async<> echo(runtime::TcpStream socket) {
  for (;;) {
    const runtime::Bytes bytes = co_await socket.read_some();
    if (bytes.empty()) co_return;
    co_await socket.write_all(bytes);
  }
}

runtime::Async<std::string> talk(common::Fd ours, common::Fd theirs) {
  runtime::JoinHandle<void> server = runtime::spawn(echo(runtime::TcpStream(std::move(theirs))));
  runtime::TcpStream socket(std::move(ours));
  co_await socket.write_all("hello");
  co_await runtime::sleep(1ms);
  socket.half_close();
  std::string answer = co_await socket.read_to_end();
  co_await server;
  co_return answer;
}

}  // namespace

int main() {
  int ends[2];
  common::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
                "socketpair");
  const std::string answer = runtime::block_on(talk(common::Fd(ends[0]), common::Fd(ends[1])));
  std::puts(answer.c_str());
  return answer == "hello" ? 0 : 1;
}
