// Do all clients of a broadcast server hear the same, whatever the kernel and they themselves do?
// The program is the chapter's own, with its main; its system calls are answered by the unkind
// kernel.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "kernel.hpp"
#include "program.hpp"
#include "talk.hpp"

namespace {

using fuzz::Client;
using fuzz::Hearing;
using fuzz::Talk;

constexpr std::size_t kMostBehind = 1024 * 1024;
constexpr std::size_t kLongestPiece = 64 * 1024;

class BroadcastRules : public fuzz::Rules {
 public:
  void accepted(const Client& client) override {
    const std::size_t now = talk_.starts.size();
    hearing(client) = {now, std::numeric_limits<std::size_t>::max(), {now}};
    here_.push_back(&client);
  }

  void took(const Client& client, std::size_t size) override {
    joined(client);
    last_said_.resize(std::max(last_said_.size(), client.number + 1));
    last_said_[client.number] = talk_.starts.size();
    talk_.add(client.sent, client.taken - size, size);
    for (const Client* other : here_) {
      Hearing& hears = hearing(*other);
      if (hears.latest >= talk_.starts.size()) hears.places.push_back(talk_.starts.size());
    }
  }

  void gave(const Client& client, std::size_t size) override {
    const std::size_t before = client.received.size() - size;
    std::erase_if(hearing(client).places,
                  [&](std::size_t place) { return !talk_.fits(place, client.received, before); });
    fuzz::require(!hearing(client).places.empty() || settle(false),
                  "a client has heard something else than was said");
    if (before == 0) joined(client);
  }

  void sleeps() override {
    const std::size_t most = kMostBehind + talk_.doubtful.size() * kLongestPiece;
    for (const Client* client : here_) {
      joined(*client);
      fuzz::require(broken(*client) || behind(*client, hearing(*client).places.back()) <= most,
                    "a client more than 1 MiB behind has stayed");
    }
  }

  void closed(const Client& client) override {
    std::erase(here_, &client);
    // Its last words may have been read, and not told yet. They are lost for all, or for none.
    if (client.taken != 0) talk_.doubtful.push_back(last_said_[client.number]);
    fuzz::require(broken(client) || behind(client, hearing(client).places.front()) > kMostBehind,
                  "the server has hung up on one who kept up");
  }

  void quiet(const std::vector<Client>&) override {
    for (const Client* client : here_) {
      fuzz::require(broken(*client) || client->taken == client->sent.size(),
                    "the server sleeps on what was said");
    }
    fuzz::require(all_fit(true) || settle(true), "a client has not heard the end");
  }

  [[nodiscard]] bool listens_after_end() const override { return true; }

 private:
  static bool broken(const Client& client) { return client.reset || client.gone; }

  Hearing& hearing(const Client& client) {
    if (client.number >= hearings_.size()) hearings_.resize(client.number + 1);
    return hearings_[client.number];
  }

  /// From now on a client hears everything: it did not join later.
  void joined(const Client& client) {
    Hearing& hears = hearing(client);
    hears.latest = std::min(hears.latest, talk_.starts.size());
  }

  [[nodiscard]] std::size_t behind(const Client& client, std::size_t place) const {
    return talk_.bytes.size() - talk_.start(place) - client.received.size();
  }

  /// True if what all have heard is what was said; also its last byte, if it is `over`.
  bool all_fit(bool over) {
    return std::ranges::all_of(here_, [&](const Client* client) {
      Hearing& hears = hearing(*client);
      if (!hears.find(talk_, client->received)) return false;
      return !over || broken(*client) || behind(*client, hears.places.back()) == 0;
    });
  }

  /// Finds out which of the doubtful pieces were not told. False if nothing explains what was
  /// heard.
  bool settle(bool over) {
    const Talk before = talk_;
    for (std::size_t set = 1; set < std::size_t{1} << before.doubtful.size(); ++set) {
      talk_ = before;
      talk_.doubtful.clear();
      for (std::size_t i = 0; i < before.doubtful.size(); ++i) {
        const bool lost = (set >> i & 1) != 0;
        if (lost) talk_.lose(before.doubtful[i]);
        if (!lost) talk_.doubtful.push_back(before.doubtful[i]);
      }
      if (all_fit(over)) return true;
    }
    return false;
  }

  Talk talk_;
  std::vector<std::size_t> last_said_;  // pieces, by the clients' numbers
  std::vector<Hearing> hearings_;
  std::vector<const Client*> here_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  BroadcastRules rules;
  fuzz::run_program({bytes, size}, rules);
  return 0;
}
