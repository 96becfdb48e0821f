// How does a server hang up first, and lose none of its last words? It waits for the peer's.
#pragma once

#include <chrono>
#include <cstddef>

#include "common/clock.hpp"
#include "runtime/coroutine/async.hpp"
#include "runtime/io/tcp.hpp"

namespace runtime {

/// What `say_goodbye` reads and drops, at the most.
inline constexpr std::size_t kLongestGoodbye = 1024 * 1024;

/// Closes `socket` so that all that was written to it arrives.
///
/// To close a socket in which bytes wait that nobody has read sends a reset, and that may overtake
/// what was sent before. So this says that no more will come (see shutdown(2)), and drops what the
/// peer still sends, until that has finished, too. A peer may never finish: after `limit`, or after
/// `kLongestGoodbye` bytes, it is cut off. One that has gone without a goodbye is no error.
Async<> say_goodbye(TcpStream socket, common::Duration limit = std::chrono::seconds(1));

}  // namespace runtime
