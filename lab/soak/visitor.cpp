#include "visitor.hpp"

#include <atomic>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "lab/support/clients.hpp"
#include "lab/support/text.hpp"

namespace soak {
namespace {

using lab::Protocol;

/// As much is sent before anything is read. It fits into the buffers on the way.
constexpr std::size_t kMostUnread = 32 * 1024;

/// All datagrams of all visitors fit into the server's socket at once, or the kernel would drop
/// some.
constexpr std::size_t kLongDatagram = 9000;
constexpr std::size_t kBurst = 8;

/// More than one piece, so that others' lines may come in the middle of it: no line has this byte.
/// Whoever does not listen is soon a MiB behind.
constexpr char kNoise = '#';
constexpr std::size_t kMuchNoise = 1'500'000;

void expect(bool right, const std::string& what) {
  if (!right) throw std::runtime_error(what);
}

std::string checksum(std::string_view words) {
  return std::to_string(std::hash<std::string_view>()(words));
}

/// Each line of a broadcast ends with the checksum of what stands before.
void check_line(std::string_view line) {
  const std::size_t space = std::min(line.rfind(' '), line.size());
  const std::string_view sum = line.substr(std::min(space + 1, line.size()));
  expect(checksum(line.substr(0, space)) == sum, "a line was not broadcast whole");
}

/// A newcomer may come in the middle of the first line.
void check_lines(const std::string& heard) {
  std::istringstream lines(heard);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) check_line(line);
}

}  // namespace

Visitor::Visitor(Protocol protocol, std::uint16_t port, std::uint64_t seed)
    : protocol_(protocol), port_(port), random_(seed) {}

void Visitor::visit() {
  switch (protocol_) {
    case Protocol::start_end:
      visit_start_end();
      break;
    case Protocol::echo:
      visit_echo();
      break;
    case Protocol::datagrams:
      visit_datagrams();
      break;
    case Protocol::broadcast:
      visit_broadcast();
      break;
  }
  ++visits_;
}

void Visitor::visit_start_end() {
  const std::size_t way = draw(12);
  Peer peer = connect(way == 0 ? lab::kSmallBuffer : 0);
  if (way <= 1) {
    pause(100);  // hears nothing of it
  } else if (way == 2) {
    peer.read_line();
    break_off(peer);
  } else if (way == 3) {
    break_off(peer);
  } else {
    if (way == 4) peer.half_close();
    const std::string all = peer.read_all();
    expect(lab::is_start_and_end(all), "not a start and its end: " + all);
  }
}

void Visitor::visit_echo() {
  const std::size_t way = draw(40);
  if (way == 0) return flood();
  if (way <= 4) return dawdle();
  Peer peer = connect(way == 5 ? lab::kSmallBuffer : 0);
  const std::string bytes = some_bytes(kMostUnread);
  if (way <= 8) {
    peer.send(bytes);
    break_off(peer);
  } else if (way <= 14) {
    expect(lab::exchange_half_closed(peer, bytes) == bytes,
           "an echo before a half-close came back changed");
  } else if (way == 15) {
    pause(100);  // says nothing
  } else {
    expect(peer.exchange(bytes) == bytes, "an echo came back changed");
  }
}

/// A byte now and then.
void Visitor::dawdle() {
  Peer peer = connect();
  const std::string bytes = some_bytes(8);
  const std::string back = lab::exchange_byte_by_byte(peer, bytes, [this](char) { pause(20); });
  expect(back == bytes, "a byte came back changed");
}

/// Sends until nothing more is taken. Some then read what has come; others have never meant to.
/// None reads all of it: through a full buffer that takes minutes, in which 01 serves nobody else.
void Visitor::flood() {
  const bool reads = draw(2) == 0;
  Peer peer = connect(reads ? 0 : lab::kSmallBuffer);
  const std::string sent = peer.flood(some_bytes(1000));
  if (reads) expect(sent.starts_with(peer.read(kMostUnread)), "a flood came back changed");
  break_off(peer);
}

void Visitor::visit_datagrams() {
  const std::size_t way = draw(10);
  UdpPeer peer(port_);
  if (way <= 1) {
    // Those who leave before the answers come.
    for (std::size_t i = 0; i < kBurst; ++i) send(peer, datagram(100));
  } else {
    for (std::size_t i = draw(4); i < 4; ++i) exchange(peer, datagram(kLongDatagram));
  }
}

void Visitor::exchange(UdpPeer& peer, const std::string& bytes) {
  send(peer, bytes);
  const std::size_t number = bytes.find(' ') + 1;
  // An answer for a visitor who has left may find another one behind the same port.
  for (;;) {
    const std::string back = peer.receive();
    if (back == bytes) return;
    expect(back.compare(0, number, bytes, 0, number) != 0, "a datagram came back changed");
  }
}

void Visitor::visit_broadcast() {
  const std::size_t way = draw(40);
  if (way == 0) return speak(true);
  if (way >= 8) return speak(false);
  Peer peer = connect(way <= 3 ? lab::kSmallBuffer : 0);
  if (way % 2 == 0) peer.send(line(draw(1000)));
  if (way <= 5) pause(200);  // does not listen
  break_off(peer);
}

/// Says something, and listens until it comes back; in between there may be others' words.
void Visitor::speak(bool loud) {
  Peer peer = connect();
  const std::string noise(loud ? kMuchNoise : 0, kNoise);
  const std::string last = line(draw(1000));
  std::string heard = peer.exchange(noise);
  peer.send(last);
  if (draw(4) == 0) peer.half_close();
  // All that came so far, and then line by line: the last one is not whole yet.
  auto noisy = static_cast<std::size_t>(std::erase(heard, kNoise));
  while (!heard.ends_with('\n' + last) && heard != last) {
    const std::string next = peer.read_line();
    expect(!next.empty(), "the server hung up on one who listens");
    heard += next + '\n';
    noisy += static_cast<std::size_t>(std::erase(heard, kNoise));
  }
  expect(noisy >= noise.size(), "noise was lost");
  check_lines(heard);
}

lab::Peer Visitor::connect(int receive_buffer) {
  Peer peer(port_, receive_buffer);
  ++counted_;
  return peer;
}

void Visitor::send(UdpPeer& peer, const std::string& bytes) {
  peer.send(bytes);
  ++counted_;
}

std::string Visitor::some_bytes(std::size_t most) {
  std::string bytes(1 + draw(most), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random_());
  return bytes;
}

/// Begins with a number that no other has.
std::string Visitor::datagram(std::size_t most) {
  static std::atomic<std::uint64_t> number = 0;
  return std::to_string(++number) + ' ' + some_bytes(most);
}

/// `size` letters and their checksum.
std::string Visitor::line(std::size_t size) {
  std::string words(size, ' ');
  for (char& letter : words) letter = static_cast<char>('a' + random_() % 26);
  return words + ' ' + checksum(words) + '\n';
}

std::size_t Visitor::draw(std::size_t end) {
  return random_() % end;
}

void Visitor::pause(std::size_t most_milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(draw(most_milliseconds + 1)));
}

void Visitor::break_off(Peer& peer) {
  draw(2) == 0 ? peer.reset() : peer.close();
}

}  // namespace soak
