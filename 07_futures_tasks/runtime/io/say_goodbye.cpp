#include "runtime/io/say_goodbye.hpp"

#include <system_error>

#include "runtime/io/bytes.hpp"
#include "runtime/time/timeout.hpp"

namespace runtime {
namespace {

Async<> drop_what_comes(TcpStream& socket) {
  for (std::size_t dropped = 0; dropped < kLongestGoodbye;) {
    const Bytes bytes = co_await socket.read_some();
    if (bytes.empty()) co_return;
    dropped += bytes.size();
  }
}

}  // namespace

Async<> say_goodbye(TcpStream socket, common::Duration limit) {
  try {
    socket.half_close();
    co_await timeout(limit, drop_what_comes(socket));
  } catch (const std::system_error&) {
    // All was written, and the peer has gone: that is an end, too.
  }
}

}  // namespace runtime
