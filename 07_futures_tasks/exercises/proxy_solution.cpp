// One answer to the exercise.

#include "proxy.hpp"

#include <string>

namespace {

/// One way. The streams outlive it: they are parameters of the coroutine that awaits it.
runtime::Async<> carry(runtime::TcpStream& from, runtime::TcpStream& to) {
  for (;;) {
    const runtime::Bytes bytes = co_await from.read_some();
    if (bytes.empty()) break;
    co_await to.write_all(bytes);  // it reads no more until these are gone: that is backpressure
  }
  to.half_close();
}

}  // namespace

runtime::Async<> proxy(runtime::TcpStream left, runtime::TcpStream right) {
  // If one throws, so does `join`, and the other is cancelled.
  co_await runtime::join(carry(left, right), carry(right, left));
}
