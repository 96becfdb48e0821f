// What if the kernel were as unkind as it may be? Here are sockets without a network. What their
// clients do, and when, the fuzzer's bytes say: before any system call a client may send, read,
// break off or leave, and any call may be interrupted.
//
// Everything is in one thread and takes no time. So a server that sleeps though somebody waits for
// it, or never sleeps though there is nothing to do, is found out at once.
#pragma once

#include <poll.h>
#include <sys/epoll.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "input.hpp"

namespace fuzz {

/// A client, and its connection's two directions.
struct Client {
  std::size_t number = 0;
  std::string sent;        ///< all that the client has sent
  std::size_t taken = 0;   ///< how much of it the server has read
  std::string received;    ///< all that the server has written
  std::size_t room = 0;    ///< how much more the server may write before it would block
  bool connected = false;  ///< and maybe not accepted yet
  bool accepted = false;
  bool ended = false;  ///< has half-closed
  bool gone = false;   ///< what the server still writes makes a reset
  bool reset = false;
  bool closed = false;  ///< by the server
};

/// What a server owes its clients. Each breach is a `fail`.
class Rules {
 public:
  virtual ~Rules() = default;
  virtual void accepted(const Client&) {}
  /// The server has read the last `size` bytes of what it has taken.
  virtual void took(const Client&, std::size_t size) = 0;
  /// The server has written the last `size` bytes of what the client has received.
  virtual void gave(const Client&, std::size_t size) = 0;
  virtual void closed(const Client&) = 0;
  /// The server sleeps: it has done all that it could.
  virtual void sleeps() {}
  /// The server sleeps, all clients read what there is, and nobody says any more.
  virtual void quiet(const std::vector<Client>&) {}
  /// True if a client that has ended is served until it leaves.
  [[nodiscard]] virtual bool listens_after_end() const { return false; }
};

/// The system calls return what the real ones would, or a negative errno.
class Kernel {
 public:
  Kernel(Input& input, Rules& rules);
  ~Kernel();
  Kernel(Kernel&&) = delete;

  /// The one that the program's system calls go to, or null.
  static Kernel* current();
  /// True for a descriptor that only exists here.
  static bool owns(int fd);

  /// How many clients will come.
  [[nodiscard]] std::size_t clients() const { return clients_.size(); }

  int listener();
  int accept();
  ssize_t read(int fd, std::span<char> buffer);
  ssize_t write(int fd, std::span<const char> bytes);
  int close(int fd);
  int error(int fd);  // as SO_ERROR has it
  int poll(std::span<pollfd> fds, int timeout);
  int epoll_ctl(int epoll, int operation, int fd, epoll_event* event);
  int epoll_wait(int epoll, std::span<epoll_event> events, int timeout);

  /// The server has ended by itself: fails if it has left anything open.
  void finish() const;

 private:
  struct Watch {
    std::uint32_t events;
    epoll_data_t data;
    bool listed;  // on the list of those that may be ready
  };
  struct Socket {
    Client* client = nullptr;  // none: the listener
    bool full = false;         // a write was refused or cut short: room will be an event
    std::map<int, Watch> watches;
  };

  Socket& socket(int fd);
  int open(Client* client);
  [[nodiscard]] std::uint32_t ready(const Socket& socket) const;
  bool interrupts();
  void act(std::uint8_t code);
  void connect();
  void send(Client& client, std::size_t size);
  void take(Client& client, std::size_t room);
  void end(Client& client);
  void break_connection(Client& client);
  void tell(const Client* client);
  bool make_end();
  template <class Change>
  bool change_all(Change change);
  void progress() { idle_turns_ = idle_calls_ = 0; }
  ssize_t would_block();
  template <class Ready>
  int wait(Ready ready, int timeout);

  Input& input_;
  Rules& rules_;
  std::vector<Client> clients_;
  std::vector<std::unique_ptr<Socket>> sockets_;  // null: closed, and the number is free
  std::size_t pending_ = 0;                       // connected and not accepted: the last ones
  std::size_t connected_ = 0;
  int idle_turns_ = 0;
  int idle_calls_ = 0;
  int stage_ = 0;  // of the end
};

}  // namespace fuzz
