#include "common/nonblocking_acceptor.hpp"

#include "common/report.hpp"
#include "common/socket.hpp"

namespace common {

NonblockingAcceptor::NonblockingAcceptor(const ServerOptions& options, const Shutdown& shutdown,
                                         Statistics& statistics)
    : limit_(options.connections),
      shutdown_(shutdown),
      statistics_(statistics),
      listener_(listen_tcp(options.host, options.port, options.peer_timeout)) {
  set_nonblocking(listener_.get());
  announce(listener_.get());
}

}  // namespace common
