#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "lab/support/watchdog.hpp"
#include "turns.hpp"

namespace {

/// Somebody who always has something to say, up to `piece` bytes at once. A thousand turns' worth
/// of it is too much for one test, and ends it.
Talk endless(std::size_t piece) {
  return {.read = [=, said = std::size_t{0}](std::span<char> buffer) mutable {
    const std::size_t size = std::min(piece, buffer.size());
    std::fill_n(buffer.begin(), size, 'x');
    said += size;
    if (said > 10 * kMost) throw std::runtime_error("one client is heard for ever");
    return std::optional(size);
  }};
}

/// Somebody with a socket who says `words`, and then ends, or is silent.
class Speaker {
 public:
  explicit Speaker(std::string_view words, bool ends = false) {
    int ends_of_it[2];
    const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    common::check(::socketpair(AF_UNIX, type, 0, ends_of_it), "socketpair");
    ours_ = common::Fd(ends_of_it[0]);
    theirs_ = common::Fd(ends_of_it[1]);
    say(words);
    if (ends) theirs_.reset();
  }

  void say(std::string_view words) const {
    if (!words.empty()) REQUIRE(common::try_write(theirs_.get(), words) == words.size());
  }

  Talk talk() {
    return {.read = [this](std::span<char> buffer) -> std::optional<std::size_t> {
      REQUIRE(!ended_);  // or the end of file is read twice
      const auto size = common::try_read(ours_.get(), buffer);
      ended_ = size == 0;
      return size;
    }};
  }

 private:
  common::Fd ours_;
  common::Fd theirs_;
  bool ended_ = false;
};

}  // namespace

TEST_CASE("who is between two that never stop talking is heard in the same turn") {
  const lab::Watchdog watchdog;
  Speaker speaker("me too");
  std::array talks{endless(10'000'000), speaker.talk(), endless(10'000'000)};
  CHECK(turn(talks));
  CHECK(talks[1].bytes == "me too");
  CHECK(!talks[0].bytes.empty());
  CHECK(!talks[2].bytes.empty());
}

TEST_CASE("nobody says more than is allowed in one turn, in pieces of any size, nor much less") {
  const lab::Watchdog watchdog;
  std::array talks{endless(1), endless(1000), endless(10'000'000)};
  for (std::size_t turns = 1; turns <= 3; ++turns) {
    CHECK(turn(talks));
    for (const Talk& talk : talks) {
      CHECK(talk.bytes.size() <= turns * kMost);
      CHECK(talk.bytes.size() >= turns * kMost / 2);
    }
  }
}

TEST_CASE("who says less than is allowed is heard out, the first as well as the last") {
  const lab::Watchdog watchdog;
  const std::string words(kMost / 2, 'w');
  Speaker silent("");
  Speaker first(words);
  Speaker last(words);
  std::array talks{silent.talk(), first.talk(), last.talk()};
  CHECK(!turn(talks));  // all are silent now: no need for another turn at once
  CHECK(talks[0].bytes.empty());
  CHECK((talks[1].bytes == words));
  CHECK((talks[2].bytes == words));
  first.say("more");
  CHECK(!turn(talks));
  CHECK((talks[1].bytes == words + "more"));
}

TEST_CASE("who was interrupted goes on in the next turn, where it stopped") {
  const lab::Watchdog watchdog;
  const std::string words = std::string(kMost, 'w') + "the last words";
  Speaker speaker(words, true);
  Speaker silent("");
  std::array talks{speaker.talk(), silent.talk()};
  CHECK(turn(talks));
  CHECK(!talks[0].bytes.empty());
  CHECK(talks[0].bytes.size() <= kMost);
  CHECK(!turn(talks));
  CHECK((talks[0].bytes == words));
  CHECK(talks[0].ended);
}

TEST_CASE("who has ended is not read again, and is no reason for another turn") {
  const lab::Watchdog watchdog;
  Speaker speaker("good bye", true);
  std::array talks{speaker.talk()};
  CHECK(!turn(talks));
  CHECK(talks[0].ended);
  CHECK(!turn(talks));
  CHECK(talks[0].bytes == "good bye");
}
