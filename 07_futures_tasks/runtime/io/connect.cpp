#include <exception>
#include <system_error>

#include "common/socket.hpp"
#include "runtime/executor/spawn_blocking.hpp"
#include "runtime/io/tcp.hpp"

namespace runtime {

Async<TcpStream> TcpStream::connect(std::string host, std::uint16_t port) {
  using common::Lookup, common::Transport;
  auto addresses = common::resolve(host, port, Transport::tcp, Lookup::none);
  if (addresses.empty()) {
    auto lookup = spawn_blocking([=] { return common::resolve(host, port, Transport::tcp); });
    addresses = co_await lookup;
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
