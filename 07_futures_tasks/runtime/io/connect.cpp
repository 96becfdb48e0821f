#include <cstdint>
#include <exception>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "common/socket.hpp"
#include "runtime/executor/spawn_blocking.hpp"
#include "runtime/io/tcp.hpp"

namespace runtime {
namespace {

using common::Address, common::Lookup, common::Transport;

/// What a look-up has found; or why it failed, as a value: who has asked may be gone by then, and
/// then it is nobody's error.
struct LookedUp {
  std::vector<Address> addresses;
  std::exception_ptr error;
};

LookedUp look_up(const std::string& host, std::uint16_t port) noexcept {
  LookedUp found;
  try {
    found.addresses = common::resolve(host, port, Transport::tcp);
  } catch (...) {
    found.error = std::current_exception();
  }
  return found;
}

}  // namespace

Async<TcpStream> TcpStream::connect(std::string host, std::uint16_t port) {
  auto addresses = common::resolve(host, port, Transport::tcp, Lookup::none);
  if (addresses.empty()) {
    // It may take longer than anybody waits, and than the runtime lives.
    auto looking_up = spawn_blocking([=] { return look_up(host, port); }, Leftover::let_go);
    LookedUp found = co_await looking_up;
    if (found.error) std::rethrow_exception(found.error);
    addresses = std::move(found.addresses);
  }
  std::exception_ptr error;
  for (const common::Address& address : addresses) {
    try {
      Evented io(common::start_connect(address));
      const auto finish = [&address](int fd) {
        return common::finish_connect(fd, address) ? Tried<Done>{done} : Tried<Done>{};
      };
      co_await io.io(Direction::write, finish);
      TcpStream stream;
      stream.io_ = std::move(io);
      co_return stream;
    } catch (const std::system_error&) {
      error = std::current_exception();
    }
  }
  std::rethrow_exception(error);
}

}  // namespace runtime
