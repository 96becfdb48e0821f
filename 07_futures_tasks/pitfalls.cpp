// 07, futures and tasks: four mistakes that compile, and that a coroutine makes easy.
//
// A coroutine's frame lives for longer than the statement that made it. What is in the frame lives
// as long, and nothing else does. Without a flag, this program is right four times; with one, it is
// wrong once. It is built with the address sanitizer, which says where.
//
//   build/07_futures_tasks/pitfalls                four lines
//   build/07_futures_tasks/pitfalls --reference    a report instead of the second one
//
// It takes no time: the clock is virtual.

#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

#include "common/cli.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "runtime/runtime.hpp"

namespace {

using namespace std::chrono_literals;

constexpr const char* kName = "Ada Lovelace";

// 1. A lambda that is a coroutine has its captures in the lambda, and the lambda is not in the
// frame. Its parameters are.

void spawn_lambda() {
  const auto greet = [](std::string name) -> runtime::Async<> {
    co_await runtime::yield_now();
    std::printf("lambda: %s\n", name.c_str());
  };
  runtime::spawn(greet(kName)).detach();
}

void spawn_lambda_wrong() {
  const std::string name = kName;
  const auto greet = [name]() -> runtime::Async<> {
    co_await runtime::yield_now();
    std::printf("lambda: %s\n", name.c_str());
  };
  runtime::spawn(greet()).detach();
}  // `greet` ends here, before the task has begun

// 2. A parameter that is a reference: the reference is in the frame, and what it refers to is not.

runtime::Async<> greet(std::string name) {
  co_await runtime::yield_now();
  std::printf("reference: %s\n", name.c_str());
}

runtime::Async<> greet_wrong(const std::string& name) {
  co_await runtime::yield_now();
  std::printf("reference: %s\n", name.c_str());  // whose caller has gone on
}

// 3. A future that refers to a temporary, and is awaited in a later statement.

runtime::Async<> send(runtime::TcpStream& socket) {
  co_await socket.write_all(std::string("temporary: ") + kName);
  socket.half_close();
}

runtime::Async<> send_wrong(runtime::TcpStream& socket) {
  auto writing = socket.write_all(std::string("temporary: ") + kName);  // the text ends here,
  co_await writing;                                                     // and is written here
  socket.half_close();
}

// 4. An abort is no exception where it hits: the future is destroyed, and no `catch` sees it. But
// whoever joins the task gets one, `Aborted`, and that can be mistaken for a failure.

runtime::Async<> work() {
  try {
    co_await runtime::sleep(1h);
  } catch (...) {
    std::puts("catch: an abort does not come here");
  }
  std::puts("catch: the work is done, although it was aborted");
}

/// Waits for the work, and has it done again if it fails. `worker` belongs to somebody who waits
/// for this, and who may abort it.
runtime::Async<> insist(runtime::JoinHandle<void>& worker) {
  for (;;) {
    try {
      co_await worker;
      co_return;
    } catch (const runtime::Aborted&) {
      std::puts("catch: aborted");
      co_return;
    } catch (const std::exception& error) {
      std::printf("catch: %s: once more\n", error.what());
    }
    worker = runtime::spawn(work());
  }
}

runtime::Async<> insist_wrong(runtime::JoinHandle<void>& worker) {
  for (;;) {
    try {
      co_await worker;
      co_return;
    } catch (const std::exception& error) {  // an Aborted is one, too
      std::printf("catch: %s: once more\n", error.what());
    }
    worker = runtime::spawn(work());
  }
}

struct Wrong {
  bool lambda = false;
  bool reference = false;
  bool temporary = false;
  bool swallow = false;
};

/// Two sockets that are connected to each other. Throws std::system_error.
std::pair<runtime::TcpStream, runtime::TcpStream> connected_pair() {
  int ends[2];
  common::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
                "socketpair");
  return {runtime::TcpStream(common::Fd(ends[0])), runtime::TcpStream(common::Fd(ends[1]))};
}

runtime::Async<> run(Wrong wrong) {
  wrong.lambda ? spawn_lambda_wrong() : spawn_lambda();
  co_await runtime::sleep(1s);

  runtime::spawn(wrong.reference ? greet_wrong(kName) : greet(kName)).detach();
  co_await runtime::sleep(1s);

  auto [speaker, listener] = connected_pair();
  auto sending = wrong.temporary ? send_wrong(speaker) : send(speaker);
  co_await sending;
  const std::string heard = co_await listener.read_to_end();
  std::puts(heard.c_str());

  auto worker = runtime::spawn(work());
  auto insisting = runtime::spawn(wrong.swallow ? insist_wrong(worker) : insist(worker));
  co_await runtime::sleep(1s);
  worker.abort();
  co_await insisting;
}

}  // namespace

/// The sanitizer asks for this. Stack frames that have ended are to be watched, too.
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" const char* __asan_default_options() {
  return "detect_stack_use_after_return=1";
}

int main(int argc, char** argv) {
  Wrong wrong;
  common::CommandLine cli("Greets in four ways that are right, or in one that is wrong.",
                          "build/07_futures_tasks/pitfalls --reference");
  cli.add_break_it("--lambda", "a lambda with captures is a coroutine", wrong.lambda);
  cli.add_break_it("--reference", "a coroutine's parameter is a reference", wrong.reference);
  cli.add_break_it("--temporary", "a future outlives what it refers to", wrong.temporary);
  cli.add_break_it("--catch", "an abort is taken for a failure", wrong.swallow);
  return cli.run(argc, argv, [&] {
    runtime::block_on(run(wrong), {.virtual_clock = true});
    return 0;
  });
}
