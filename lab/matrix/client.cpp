#include "client.hpp"

#include "lab/support/peer.hpp"
#include "lab/support/text.hpp"

namespace matrix {

namespace {

using lab::Peer;
using lab::UdpPeer;

const std::string kWord = "if you please\n";

/// Of an echo, or alone in a room where all are told everything: what it says comes back.
class EchoClient : public Client {
 public:
  explicit EchoClient(std::uint16_t port) : peer_(port) {}
  void ask() override { peer_.send(kWord); }
  bool hears_nothing() override { return peer_.hears_nothing(); }
  bool is_served() override { return peer_.read(kWord.size()) == kWord; }

 private:
  Peer peer_;
};

class DatagramClient : public Client {
 public:
  explicit DatagramClient(std::uint16_t port) : peer_(port) {}
  void ask() override { peer_.send(kWord); }
  bool hears_nothing() override { return peer_.hears_nothing(); }
  bool is_served() override { return peer_.receive() == kWord; }

 private:
  UdpPeer peer_;
};

/// Who connects has asked already.
class StartEndClient : public Client {
 public:
  explicit StartEndClient(std::uint16_t port) : peer_(port) {}
  void ask() override {}
  bool hears_nothing() override { return peer_.hears_nothing(); }
  bool is_served() override { return lab::is_start_and_end(peer_.read_all()); }

 private:
  Peer peer_;
};

}  // namespace

std::unique_ptr<Client> make_client(lab::Protocol protocol, std::uint16_t port) {
  if (protocol == lab::Protocol::start_end) return std::make_unique<StartEndClient>(port);
  if (protocol == lab::Protocol::datagrams) return std::make_unique<DatagramClient>(port);
  return std::make_unique<EchoClient>(port);
}

}  // namespace matrix
