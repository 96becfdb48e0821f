// 07, futures and tasks: ten sockets in ten tasks. Who is polled when a datagram comes?
//
// Each task has a waker of its own, and the reactor has that of each socket: a datagram polls one.
//
//   build/07_futures_tasks/multisocket_spawn        in one terminal
//   echo hello | nc -u -w 1 127.0.0.1 2003          in another, a few times; then Ctrl-C

#include <utility>
#include <vector>

#include "multisocket.hpp"
#include "runtime/runtime.hpp"

namespace {

runtime::Async<> serve(std::vector<OneSocket> ten, Counts& counts, runtime::CtrlC& stop) {
  runtime::JoinSet<void> tasks;
  for (OneSocket& one : ten) tasks.spawn(std::move(one));
  co_await runtime::select(stop, counts.enough.notified(), tasks.next());  // ready if one fails
}

}  // namespace

int main(int argc, char** argv) {
  return multisocket_main(argc, argv, "Ten UDP sockets in ten tasks: a datagram polls one.",
                          "build/07_futures_tasks/multisocket_unordered", serve);
}
