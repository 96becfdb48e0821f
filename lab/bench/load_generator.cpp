#include "load_generator.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/process.hpp"
#include "common/socket.hpp"
#include "lab/support/peer.hpp"
#include "open_files.hpp"

namespace bench {

using common::Clock;
using common::Duration;

namespace {

/// The endless bytes are these, over and over. A prime number of them, so that messages of a round
/// size do not all look alike.
constexpr std::size_t kPeriod = 65'521;

/// Where in them a connection starts: each somewhere else.
constexpr std::uint64_t kApart = 7'919;

/// The `size` bytes at `position` of a connection's endless ones, or fewer.
std::span<const char> bytes_at(std::uint64_t number, std::uint64_t position, std::uint64_t size) {
  static const std::string bytes = [] {
    const std::string once = lab::random_bytes(kPeriod);
    return once + once;  // so that a period can be had in one piece from anywhere
  }();
  const auto begin = static_cast<std::size_t>((number * kApart + position) % kPeriod);
  return std::span(bytes).subspan(begin, std::min<std::uint64_t>(size, kPeriod));
}

common::Fd connect(const common::Endpoint& server) {
  common::Fd socket = common::connect_tcp(server.host, server.port);
  common::set_nonblocking(socket.get());
  // A message that is to be sent is sent now, and not held back for the next one: see tcp(7).
  const int on = 1;
  common::check(::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on),
                "setsockopt TCP_NODELAY");
  return socket;
}

std::string in_hex(char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  return {'0', 'x', kDigits[value / 16], kDigits[value % 16]};
}

}  // namespace

Stream::Stream(common::Fd socket, std::uint64_t number, const Load& load)
    : socket_(std::move(socket)), number_(number), message_size_(load.size) {}

void Stream::begin(std::uint64_t messages, Clock::time_point now) {
  goal_ += messages * message_size_;
  begun_.insert(begun_.end(), messages, now);
}

void Stream::flush() {
  while (has_unsent()) {
    const auto size = common::try_write(fd(), bytes_at(number_, sent_, goal_ - sent_));
    if (!size) return;
    sent_ += *size;
  }
}

std::uint64_t Stream::receive(std::vector<char>& buffer, Histogram& latency) {
  const auto size = common::try_read(fd(), buffer);
  if (!size) return 0;
  compare(std::span(buffer).first(*size));
  const std::uint64_t complete_before = received_ / message_size_;
  received_ += *size;
  const std::uint64_t complete = received_ / message_size_ - complete_before;
  const auto now = Clock::now();
  for (std::uint64_t i = 0; i < complete; ++i) {
    const std::chrono::nanoseconds took = now - begun_.front();
    latency.add(static_cast<std::uint64_t>(took.count()));
    begun_.pop_front();
  }
  return complete;
}

void Stream::compare(std::span<const char> bytes) const {
  const std::string name = "connection " + std::to_string(number_ + 1);
  if (bytes.empty()) throw std::runtime_error(name + ": the server has ended it");
  if (bytes.size() > sent_ - received_) {
    throw std::runtime_error(name + ": more came back than was sent");
  }
  for (std::uint64_t done = 0; done < bytes.size();) {
    const auto expected = bytes_at(number_, received_ + done, bytes.size() - done);
    const auto got = bytes.subspan(done, expected.size());
    const auto wrong = std::mismatch(expected.begin(), expected.end(), got.begin());
    if (wrong.first != expected.end()) {
      const auto at = received_ + done + static_cast<std::uint64_t>(wrong.first - expected.begin());
      throw std::runtime_error(name + ": byte " + std::to_string(at + 1) + " was sent as " +
                               in_hex(*wrong.first) + " and came back as " + in_hex(*wrong.second));
    }
    done += expected.size();
  }
}

LoadGenerator::LoadGenerator(const Load& load) : load_(load), buffer_(kPeriod) {
  common::prepare_server();
  require_open_files(load.active + load.idle);
  streams_.reserve(load.active + load.idle);
  // The active ones first, and apart: a server for one connection at a time then serves that one.
  for (std::uint64_t goal : {load.active, load.active + load.idle}) {
    while (streams_.size() < goal) open(std::min(kBatch, goal - streams_.size()));
  }
}

void LoadGenerator::open(std::uint64_t connections) {
  for (std::uint64_t i = 0; i < connections; ++i) {
    const std::size_t number = streams_.size();
    Stream& stream = streams_.emplace_back(connect(load_.server), number, load_);
    poller_.add(stream.fd(), common::Token{number}, common::ReadySet::readable(),
                common::PollOpt::level());
    begin(stream, 1);
  }
  Echoes not_counted;
  finish(not_counted, Clock::time_point::min());
}

Echoes LoadGenerator::run(Duration time) {
  Echoes echoes;
  const auto start = Clock::now();
  for (std::uint64_t i = 0; i < load_.active; ++i) begin(streams_[i], load_.pipeline);
  finish(echoes, start + time);
  echoes.wall = Clock::now() - start;
  return echoes;
}

void LoadGenerator::begin(Stream& stream, std::uint64_t messages) {
  if (!stream.waits()) ++waiting_;
  stream.begin(messages, Clock::now());
  flush(stream);
}

/// Handles what comes until nothing is under way. Before `until`, each echo begins a message.
void LoadGenerator::finish(Echoes& echoes, Clock::time_point until) {
  auto give_up_at = Clock::now() + load_.patience;
  while (waiting_ > 0) {
    if (poller_.wait(events_, give_up_at - Clock::now()) > 0) {
      give_up_at = Clock::now() + load_.patience;
    } else if (Clock::now() >= give_up_at) {
      give_up();
    }
    for (const common::Event& event : events_) handle(event, echoes, until);
  }
}

void LoadGenerator::handle(const common::Event& event, Echoes& echoes, Clock::time_point until) {
  Stream& stream = streams_[event.token.value];
  // Also when there is an error: the read says which.
  const std::uint64_t complete = stream.receive(buffer_, echoes.latency);
  echoes.count += complete;
  if (complete > 0) {
    const auto now = Clock::now();
    if (now < until) stream.begin(complete, now);
    if (!stream.waits()) --waiting_;
  }
  flush(stream);
}

/// Sends what can be sent, and has the poller watch for room while there is more.
void LoadGenerator::flush(Stream& stream) {
  if (stream.has_unsent()) stream.flush();
  if (stream.has_unsent() == stream.watches_writing) return;
  stream.watches_writing = stream.has_unsent();
  const auto reading = common::ReadySet::readable();
  const auto both = reading | common::ReadySet::writable();
  poller_.modify(stream.fd(), common::Token{stream.number()},
                 stream.watches_writing ? both : reading, common::PollOpt::level());
}

void LoadGenerator::give_up() const {
  const auto waiting = std::count_if(streams_.begin(), streams_.end(),
                                     [](const Stream& stream) { return stream.waits(); });
  const double seconds = std::chrono::duration<double>(load_.patience).count();
  char text[32];
  std::snprintf(text, sizeof text, "%g", seconds);
  throw std::runtime_error("nothing came back for " + std::string(text) + " s; " +
                           std::to_string(waiting) + " of " + std::to_string(streams_.size()) +
                           " connections wait for an echo");
}

}  // namespace bench
