// Does an echo server send everything back, whatever the kernel and its clients do? The program is
// the chapter's own, with its main; its system calls are answered by the unkind kernel.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel.hpp"
#include "program.hpp"

namespace {

using fuzz::Client;

/// A connection has one buffer, of 16 KiB; 07 takes what it can get, up to this.
constexpr std::size_t kMostHeld = 64 * 1024;

class EchoRules : public fuzz::Rules {
 public:
  void took(const Client& client, std::size_t) override {
    fuzz::require(client.taken - client.received.size() <= kMostHeld,
                  "more and more is kept for one who does not read");
  }

  void gave(const Client& client, std::size_t size) override {
    const std::size_t before = client.received.size() - size;
    fuzz::require(client.received.size() <= client.taken, "an echo of what nobody has said");
    fuzz::require(client.sent.compare(before, size, client.received, before, size) == 0,
                  "an echo of something else");
  }

  void closed(const Client& client) override {
    if (client.reset || client.gone) return;
    fuzz::require(client.ended, "the server has hung up");
    fuzz::require(client.received == client.sent, "the last bytes are missing");
  }

  void quiet(const std::vector<Client>& clients) override {
    for (const Client& client : clients) {
      fuzz::require(client.closed || client.reset || client.received == client.sent,
                    "the server sleeps on what was said");
    }
  }
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  EchoRules rules;
  fuzz::run_program({bytes, size}, rules);
  return 0;
}
