#include "common/acceptor.hpp"

#include <system_error>

#include "common/io.hpp"
#include "common/report.hpp"
#include "common/socket.hpp"

namespace common {

Acceptor::Acceptor(const ServerOptions& options, const Shutdown& shutdown, Statistics& statistics)
    : limit_(options.connections),
      shutdown_(shutdown),
      statistics_(statistics),
      listener_(listen_tcp(options.host, options.port, options.peer_timeout)),
      interrupt_(listener_.get()) {
  announce(listener_.get());
}

std::uint16_t Acceptor::port() const {
  return local_address(listener_.get()).port();
}

Fd Acceptor::next() {
  while (number_ < limit_ && !shutdown_.requested()) {
    try {
      Fd socket = accept(listener_.get());
      pause_.accepted();
      ++number_;
      return socket;
    } catch (const std::system_error& error) {
      if (shutdown_.requested()) break;  // the handler ended our wait
      pause_.begin(error, statistics_);
      statistics_.wait_for_close(pause_.until());
    }
  }
  return Fd();
}

}  // namespace common
