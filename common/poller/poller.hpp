// How does one thread wait for everything at once: for descriptors, and for other threads? In one
// call. A thin layer over epoll(7), in the shape of the Rust library mio (version 0.6).
//
// Thread safety: `Poller::wait` is for one thread at a time. Everything else here, `Events` apart,
// may be called from any thread at any time, also while that thread waits.
//
// Invariants:
//  1. A `wait` is one epoll_wait(2).
//  2. A user registration is in the queue of ready ones exactly while it has an event to give, and
//     is there once. The queue and the sleep state are guarded by one mutex.
//  3. While the state is `asleep`, the queue is empty. Whoever fills it makes the state `woken`,
//     then releases the mutex, then writes to the eventfd. So no wake-up is lost, and a sleep costs
//     one write at most. The states are drawn in user_space.hpp.
//  4. Nobody reads the eventfd: it is registered edge-triggered, and each write is a new edge.
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/poller/slab.hpp"

namespace common {

class UserSpace;  // the part of a poller that its registrations share; in user_space.hpp

/// The caller's name for what it registered; it comes back with every event. Take one from a `Slab`
/// where the things come and go, or an event may meet the wrong one: the kernel uses a descriptor's
/// number again at once.
struct Token {
  std::uint64_t value = 0;
  friend bool operator==(const Token&, const Token&) = default;
};

/// What something is ready for, or what somebody is interested in: a set.
class ReadySet {
 public:
  constexpr ReadySet() = default;
  explicit constexpr ReadySet(std::uint32_t epoll_events) : bits_(epoll_events) {}

  /// A read would not block: there are bytes, a connection to accept, end of file, or an error.
  static constexpr ReadySet readable() { return ReadySet(EPOLLIN); }
  /// A byte was sent as urgent: a read stops before it, also where more is there. See tcp(7).
  static constexpr ReadySet urgent() { return ReadySet(EPOLLPRI); }
  /// A write would not block.
  static constexpr ReadySet writable() { return ReadySet(EPOLLOUT); }
  /// Both directions are closed, or a pipe's writer is gone. What came before can still be read.
  static constexpr ReadySet hup() { return ReadySet(EPOLLHUP); }
  /// The peer has sent all that it will send. It can still be written to: this is not `hup`.
  static constexpr ReadySet read_hup() { return ReadySet(EPOLLRDHUP); }
  /// The next read or write fails, and tells why; or a pipe's reader is gone.
  static constexpr ReadySet error() { return ReadySet(EPOLLERR); }

  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  /// True if everything in `other` is in this, too. For "anything of": `!(a & b).empty()`.
  [[nodiscard]] constexpr bool contains(ReadySet other) const { return (*this & other) == other; }
  /// As epoll_ctl(2) wants it.
  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }

  friend constexpr ReadySet operator|(ReadySet a, ReadySet b) {
    return ReadySet(a.bits_ | b.bits_);
  }
  friend constexpr ReadySet operator&(ReadySet a, ReadySet b) {
    return ReadySet(a.bits_ & b.bits_);
  }
  friend constexpr ReadySet operator-(ReadySet a, ReadySet b) {
    return ReadySet(a.bits_ & ~b.bits_);
  }
  friend constexpr bool operator==(ReadySet, ReadySet) = default;

 private:
  std::uint32_t bits_ = 0;
};

/// How often a readiness becomes an event.
class PollOpt {
 public:
  /// By every `wait`, while it lasts.
  static constexpr PollOpt level() { return PollOpt(0); }
  /// Once each time that it comes about. Pitfall: read or write until would-block, or what is left
  /// over waits for an event that never comes.
  static constexpr PollOpt edge() { return PollOpt(EPOLLET); }
  /// Once; then nothing more until the next `modify`. Goes together with the others.
  static constexpr PollOpt oneshot() { return PollOpt(EPOLLONESHOT); }

  [[nodiscard]] constexpr bool is_edge() const { return (bits_ & EPOLLET) != 0; }
  [[nodiscard]] constexpr bool is_oneshot() const { return (bits_ & EPOLLONESHOT) != 0; }
  /// As epoll_ctl(2) wants it.
  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }

  friend constexpr PollOpt operator|(PollOpt a, PollOpt b) { return PollOpt(a.bits_ | b.bits_); }

 private:
  explicit constexpr PollOpt(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_;
};

struct Event {
  Token token;
  ReadySet ready;
};

/// What one `wait` returned, in a buffer that is used again for the next one.
class Events {
 public:
  /// Room for `capacity` events. REQUIRES: at least 2, one for each kind.
  explicit Events(std::size_t capacity);

  [[nodiscard]] auto begin() const { return events_.begin(); }
  [[nodiscard]] auto end() const { return events_.end(); }
  [[nodiscard]] std::size_t size() const { return events_.size(); }
  [[nodiscard]] std::size_t capacity() const { return kernel_.size(); }

 private:
  friend class Poller;
  std::vector<epoll_event> kernel_;  // as epoll_wait fills them in; its size is the capacity
  std::vector<Event> events_;
};

/// When a readiness set by another thread is written to the eventfd.
enum class Wakeup {
  when_asleep,  ///< only if the poller sleeps: otherwise it looks by itself before it does
  always        ///< every time, also while nobody waits: wasteful, to be studied
};

/// Waits for readiness: the kernel's, of descriptors, and user space's, of `UserRegistration`s.
///
///     Poller poller;
///     poller.add(socket.get(), Token{1}, ReadySet::readable(), PollOpt::level());
///     Events events(64);
///     while (running) {
///       poller.wait(events);
///       for (const Event& event : events) {
///         if (event.token == Token{1}) answer(socket.get());
///       }
///     }
class Poller {
 public:
  /// Errors: "epoll_create1: …" and "eventfd: …" where descriptors or memory have run out.
  explicit Poller(Wakeup wakeup = Wakeup::when_asleep);
  ~Poller();
  Poller(Poller&&) = delete;

  /// Waits for `fd`, too, from now on. What it is ready for already gives an event. `hup` and
  /// `error` come whether or not they are in `interest`; `read_hup` must be.
  ///
  /// The descriptor stays its owner's. Pitfall: closing it removes it only if it has no duplicate
  /// (dup(2), fork(2)); so `remove` it first.
  ///
  /// Errors, as std::system_error: "epoll_ctl ADD: File exists" if it was added before; EPERM for
  /// what is always ready, such as a regular file; EBADF; ENOSPC, ENOMEM. See epoll_ctl(2).
  /// REQUIRES: `token` is not the one whose bits are all set, which no `Slab` gives either.
  void add(int fd, Token token, ReadySet interest, PollOpt opt);

  /// Gives an added `fd` another token, interest and option, and arms it again after a oneshot.
  /// What it is ready for already gives an event, also with `edge`. Errors and REQUIRES: as `add`,
  /// and "epoll_ctl MOD: No such file or directory" if it was not added.
  void modify(int fd, Token token, ReadySet interest, PollOpt opt);

  /// No `wait` that begins from now on returns an event for `fd`. Pitfall: events handed out before
  /// still have its token. Errors: "epoll_ctl DEL: No such file or directory" if it was not added.
  void remove(int fd);

  /// Waits until something is ready, for `timeout` at the longest (without one: for ever), fills
  /// `events` and returns how many there are. What does not fit comes with the next wait; when
  /// both kinds are ready, each gets room.
  ///
  /// A timeout is rounded up to whole milliseconds: rounded down, the last fraction of one would be
  /// spent spinning. One of more than 24 days ends after 24. 0, or less, only looks.
  ///
  /// Pitfall: it may return early with no events: when a signal came (EINTR, also SIGCONT), or when
  /// a wake-up was for a sleep that had ended already. So call it in a loop.
  /// Errors: "epoll_wait: …". REQUIRES: no other thread is in `wait`.
  std::size_t wait(Events& events, std::optional<Duration> timeout = std::nullopt);

  /// True while a `wait` sleeps, or is about to, and nothing in user space has woken it yet: a
  /// readiness that is set now costs a write. For tests and studies: it may be out of date when it
  /// returns.
  [[nodiscard]] bool asleep() const;

  /// How often the eventfd was written to.
  [[nodiscard]] std::uint64_t wakeup_writes() const;

 private:
  friend class UserRegistration;

  Fd epoll_;
  std::shared_ptr<UserSpace> user_space_;
};

/// The half of a user registration that makes it ready. Copies speak for the same registration.
/// When that is gone, or its poller, they do nothing.
class SetReadiness {
 public:
  /// From now on the registration is ready for `readiness`, and for nothing else: an empty set
  /// takes back an event that no `wait` has handed out. Wakes the poller if it sleeps. Pitfall: two
  /// sets between two waits are one event.
  void set(ReadySet readiness) const;

  /// What was set last; empty at first, and when the registration is gone.
  [[nodiscard]] ReadySet readiness() const;

 private:
  friend class UserRegistration;
  SetReadiness(std::shared_ptr<UserSpace> user_space, SlabKey key);

  std::shared_ptr<UserSpace> user_space_;
  SlabKey key_;
};

/// Makes a poller return events for `token` when another thread, or this one, says so: how a timer
/// or a queue takes part in a wait.
///
///     UserRegistration timer(poller, Token{2}, ReadySet::readable(), PollOpt::edge());
///     std::thread thread([ready = timer.set_readiness()] { ready.set(ReadySet::readable()); });
///     poller.wait(events);
///
/// Here `level` means on every `wait` while something in `interest` is set, `edge` once for a
/// `set`. Unlike a descriptor's, `hup` and `error` come only if they are in `interest`. It may
/// outlive its poller, and then does nothing.
class UserRegistration {
 public:
  /// Not ready for anything yet. Errors: std::bad_alloc.
  UserRegistration(Poller& poller, Token token, ReadySet interest, PollOpt opt);
  /// Forgets it, also when its event is queued: once this has returned, none is handed out any
  /// more. Pitfall: one that was handed out before is still in its `Events`, with this token, also
  /// when another thread's `wait` has yet to return with it.
  ~UserRegistration();
  UserRegistration(UserRegistration&&) = delete;

  /// Sets another token, interest and option, and arms it again after a oneshot. A readiness that
  /// is there already gives an event, also with `edge`, as with epoll_ctl(2).
  void modify(Token token, ReadySet interest, PollOpt opt);

  [[nodiscard]] SetReadiness set_readiness() const;

 private:
  std::shared_ptr<UserSpace> user_space_;
  SlabKey key_;
};

}  // namespace common
