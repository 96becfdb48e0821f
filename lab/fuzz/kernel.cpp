#include "kernel.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <random>
#include <utility>

namespace fuzz {
namespace {

constexpr int kFirstFd = 1 << 20;
constexpr std::size_t kMostClients = 5;
constexpr std::size_t kAllRoom = std::numeric_limits<std::size_t>::max() / 2;

/// A loop may turn for nothing now and then. Not again and again.
constexpr int kMostIdleTurns = 16;
/// Calls that find nothing to do, one after the other: whoever never sleeps makes them.
constexpr int kIdleCalls = 64;

Kernel* running = nullptr;

/// What clients say: bytes in no order that an accident could repeat. Each begins elsewhere.
const std::string& words() {
  static const std::string words = [] {
    std::mt19937_64 random(1);  // NOLINT(cert-msc51-cpp): the same bytes each time
    std::string bytes(1024 * 1024 + 1, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  }();
  return words;
}

}  // namespace

Kernel::Kernel(Input& input, Rules& rules)
    : input_(input), rules_(rules), clients_(1 + input.byte() % kMostClients) {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    clients_[i].number = i;
    clients_[i].room = std::size_t{input.byte()} * 64;
  }
  running = this;
}

Kernel::~Kernel() {
  running = nullptr;
}

Kernel* Kernel::current() {
  return running;
}

bool Kernel::owns(int fd) {
  return fd >= kFirstFd;
}

int Kernel::listener() {
  return open(nullptr);
}

int Kernel::accept() {
  if (interrupts()) return -EINTR;
  if (pending_ == 0) return static_cast<int>(would_block());
  Client& client = clients_[connected_ - pending_];
  --pending_;
  client.accepted = true;
  progress();
  rules_.accepted(client);
  return open(&client);
}

ssize_t Kernel::read(int fd, std::span<char> buffer) {
  if (interrupts()) return -EINTR;
  Client& client = *socket(fd).client;
  if (client.reset) return -ECONNRESET;
  // Never fewer bytes than are there: see tcp(7), and what 06 makes of it.
  const std::size_t size = std::min(buffer.size(), client.sent.size() - client.taken);
  if (size == 0 && !client.ended) return would_block();
  progress();
  client.sent.copy(buffer.data(), size, client.taken);
  client.taken += size;
  if (size != 0) rules_.took(client, size);
  return static_cast<ssize_t>(size);
}

ssize_t Kernel::write(int fd, std::span<const char> bytes) {
  if (interrupts()) return -EINTR;
  Socket& socket = this->socket(fd);
  Client& client = *socket.client;
  if (client.reset) return -EPIPE;
  if (client.gone) {
    break_connection(client);
    return static_cast<ssize_t>(bytes.size());
  }
  const std::size_t size = std::min(bytes.size(), client.room);
  socket.full = size < bytes.size();
  if (size == 0) return would_block();
  progress();
  client.room -= size;
  client.received.append(bytes.data(), size);
  rules_.gave(client, size);
  return static_cast<ssize_t>(size);
}

int Kernel::close(int fd) {
  progress();
  Client* const client = socket(fd).client;
  sockets_[static_cast<std::size_t>(fd - kFirstFd)].reset();
  if (client == nullptr) return 0;
  client->closed = true;
  rules_.closed(*client);
  return 0;
}

int Kernel::error(int fd) {
  const Client* const client = socket(fd).client;
  return client != nullptr && client->reset ? ECONNRESET : 0;
}

int Kernel::poll(std::span<pollfd> fds, int timeout) {
  return wait(
      [&] {
        int count = 0;
        for (pollfd& wanted : fds) {
          wanted.revents = 0;
          if (!owns(wanted.fd)) continue;
          const auto always = static_cast<short>(POLLERR | POLLHUP);
          const auto is = static_cast<short>(ready(socket(wanted.fd)));
          wanted.revents = static_cast<short>(is & (wanted.events | always));
          if (wanted.revents != 0) ++count;
        }
        return count;
      },
      timeout);
}

int Kernel::epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  Socket& socket = this->socket(fd);
  if ((operation == EPOLL_CTL_ADD) == socket.watches.contains(epoll)) {
    return operation == EPOLL_CTL_ADD ? -EEXIST : -ENOENT;
  }
  if (operation == EPOLL_CTL_DEL) {
    socket.watches.erase(epoll);
  } else {
    socket.watches[epoll] = {event->events | EPOLLERR | EPOLLHUP, event->data, true};
  }
  return 0;
}

/// As ep_send_events in the kernel: who is listed is asked, and stays listed if level-triggered.
int Kernel::epoll_wait(int epoll, std::span<epoll_event> events, int timeout) {
  return wait(
      [&] {
        std::size_t count = 0;
        for (const auto& socket : sockets_) {
          if (!socket || !socket->watches.contains(epoll) || count == events.size()) continue;
          Watch& watch = socket->watches[epoll];
          const std::uint32_t is = watch.listed ? ready(*socket) & watch.events : 0;
          watch.listed = is != 0 && (watch.events & EPOLLET) == 0;
          if (is == 0) continue;
          events[count].events = is;
          events[count].data = watch.data;
          ++count;
          if ((watch.events & EPOLLONESHOT) != 0) watch.events = 0;
        }
        return static_cast<int>(count);
      },
      timeout);
}

void Kernel::finish() const {
  for (const auto& socket : sockets_) require(!socket, "a descriptor was left open");
  require(std::ranges::all_of(clients_, &Client::closed), "the server has ended before its time");
}

Kernel::Socket& Kernel::socket(int fd) {
  const auto index = static_cast<std::size_t>(fd - kFirstFd);
  require(index < sockets_.size() && sockets_[index], "a call for a closed descriptor");
  return *sockets_[index];
}

/// The lowest number that is free, as in every Unix: an old event may meet a new owner.
int Kernel::open(Client* client) {
  auto place = std::ranges::find_if(sockets_, [](const auto& socket) { return !socket; });
  if (place == sockets_.end()) place = sockets_.emplace(place);
  *place = std::make_unique<Socket>();
  (*place)->client = client;
  return kFirstFd + static_cast<int>(place - sockets_.begin());
}

std::uint32_t Kernel::ready(const Socket& socket) const {
  if (socket.client == nullptr) return pending_ != 0 ? EPOLLIN : 0u;
  const Client& client = *socket.client;
  if (client.reset) return EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  std::uint32_t events = client.room != 0 ? EPOLLOUT : 0u;
  if (client.taken < client.sent.size()) events |= EPOLLIN;
  if (client.ended) events |= EPOLLIN | EPOLLRDHUP;
  return events;
}

/// Before a call: maybe a client acts, or a signal comes (true).
bool Kernel::interrupts() {
  const std::uint8_t code = input_.byte();
  if (code >= 0xf8) return true;
  if (code >= 0x80) act(code & 0x7f);
  return false;
}

void Kernel::act(std::uint8_t code) {
  idle_turns_ = 0;
  Client& client = clients_[code / 8u % clients_.size()];
  const int what = code % 8;
  if (what == 0) return connect();
  if (!client.connected || client.reset || client.gone) return;
  if (what <= 2 && !client.ended) send(client, (input_.byte() + 1u) * (what == 1 ? 1 : 256));
  if (what == 3) take(client, input_.byte() + 1u);
  if (what == 4) take(client, (input_.byte() + 1u) * 1024);
  if (what >= 5) end(client);
  if (what == 6) client.gone = true;
  if (what == 7) break_connection(client);
}

void Kernel::connect() {
  if (connected_ == clients_.size()) return;
  clients_[connected_++].connected = true;
  ++pending_;
  tell(nullptr);
}

void Kernel::send(Client& client, std::size_t size) {
  while (size > 0) {
    const std::size_t begin = (client.sent.size() + client.number * 99'991) % words().size();
    const std::size_t part = std::min(size, words().size() - begin);
    client.sent.append(words(), begin, part);
    size -= part;
  }
  tell(&client);
}

/// Reads: so there is room again. It is an event only if somebody has found none.
void Kernel::take(Client& client, std::size_t room) {
  client.room = std::min(client.room + room, kAllRoom);
  for (const auto& socket : sockets_) {
    if (!socket || socket->client != &client || !std::exchange(socket->full, false)) continue;
    tell(&client);
  }
}

void Kernel::end(Client& client) {
  if (std::exchange(client.ended, true)) return;
  tell(&client);
}

void Kernel::break_connection(Client& client) {
  client.reset = true;
  tell(&client);
}

/// Something has happened to the client's socket, or to the listener.
void Kernel::tell(const Client* client) {
  for (const auto& socket : sockets_) {
    if (!socket || socket->client != client) continue;
    for (auto& [epoll, watch] : socket->watches) watch.listed = true;
  }
}

/// When no byte is left, the story is brought to its end, step by step. False when it has ended.
bool Kernel::make_end() {
  if (connected_ < clients_.size()) {
    connect();
    return true;
  }
  if (stage_ == 0 && change_all([&](Client& client) {
        if (client.room >= kAllRoom / 2) return false;
        take(client, kAllRoom);
        return true;
      })) {
    return true;
  }
  if (stage_ == 0) rules_.quiet(clients_);
  ++stage_;
  if (stage_ == 1) {
    change_all([&](Client& client) { return end(client), true; });
  } else if (stage_ == 2 && rules_.listens_after_end()) {
    change_all([&](Client& client) { return break_connection(client), true; });
  }
  return stage_ <= 2;
}

/// True if a client has changed of those that are still there.
template <class Change>
bool Kernel::change_all(Change change) {
  bool changed = false;
  for (Client& client : clients_) {
    if (!client.closed && !client.reset && change(client)) changed = true;
  }
  return changed;
}

/// Who never sleeps would ask for ever.
ssize_t Kernel::would_block() {
  if (input_.empty() && ++idle_calls_ > kIdleCalls) {
    require(make_end(), "the server goes on and on, and somebody waits for it");
    progress();
  }
  return -EAGAIN;
}

template <class Ready>
int Kernel::wait(Ready ready, int timeout) {
  if (interrupts()) return -EINTR;
  for (;;) {
    if (const int count = ready()) {
      require(++idle_turns_ < kMostIdleTurns, "the server spins");
      return count;
    }
    if (timeout == 0) return 0;
    progress();
    rules_.sleeps();
    if (!input_.empty()) {
      act(input_.byte() & 0x7f);
    } else if (!make_end()) {
      require(timeout > 0, "the server sleeps, and somebody waits for it");
      return 0;
    }
  }
}

}  // namespace fuzz
