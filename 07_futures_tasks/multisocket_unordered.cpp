// 07, futures and tasks: ten sockets in one task again. Who is polled when a datagram comes?
//
// A FuturesUnordered gives each of its futures a waker of its own, and keeps a list of those that
// were woken: a datagram polls one, although there is one task.
//
//   build/07_futures_tasks/multisocket_unordered    in one terminal
//   echo hello | nc -u -w 1 127.0.0.1 2003          in another, a few times; then Ctrl-C

#include <utility>
#include <vector>

#include "multisocket.hpp"
#include "runtime/runtime.hpp"

namespace {

runtime::Async<> serve(std::vector<OneSocket> ten, Counts& counts, runtime::CtrlC& stop) {
  runtime::FuturesUnordered<OneSocket> all;
  for (OneSocket& one : ten) all.push(std::move(one));
  co_await runtime::select(stop, counts.enough.notified(), all.next());
}

}  // namespace

int main(int argc, char** argv) {
  return multisocket_main(argc, argv,
                          "Ten UDP sockets in one FuturesUnordered: a datagram polls one.",
                          "build/07_futures_tasks/multisocket_join", serve);
}
