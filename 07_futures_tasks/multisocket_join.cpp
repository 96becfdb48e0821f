// 07, futures and tasks: ten sockets in one task. Who is polled when a datagram comes?
//
// The ten futures are joined into one. They share the task's waker, which does not say whose news
// it is: each datagram polls all ten.
//
//   build/07_futures_tasks/multisocket_join         in one terminal
//   echo hello | nc -u -w 1 127.0.0.1 2003          in another, a few times; then Ctrl-C

#include <utility>
#include <vector>

#include "multisocket.hpp"
#include "runtime/runtime.hpp"

namespace {

runtime::Async<> serve(std::vector<OneSocket> ten, Counts& counts, runtime::CtrlC& stop) {
  auto all = runtime::join_all(std::move(ten));
  co_await runtime::select(stop, counts.enough.notified(), all);
}

}  // namespace

int main(int argc, char** argv) {
  return multisocket_main(argc, argv, "Ten UDP sockets in one task: a datagram polls all ten.",
                          "build/07_futures_tasks/multisocket_spawn", serve);
}
