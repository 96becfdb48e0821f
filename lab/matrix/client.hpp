// Who is a polite client? One for each protocol, who asks, and knows what the answer must be.
#pragma once

#include <cstdint>
#include <memory>

#include "lab/support/protocol.hpp"

namespace matrix {

/// A client that does nothing wrong.
class Client {
 public:
  Client() = default;
  virtual ~Client() = default;
  Client(Client&&) = delete;

  /// Says what it has to say.
  virtual void ask() = 0;
  /// True if for a while no answer comes.
  virtual bool hears_nothing() = 0;
  /// Waits for the whole answer: true if it is the right one. Throws std::system_error where the
  /// connection fails.
  virtual bool is_served() = 0;
};

/// A client for servers of this kind, connected.
std::unique_ptr<Client> make_client(lab::Protocol protocol, std::uint16_t port);

}  // namespace matrix
