// How does a ring tell readiness? With an operation that tells when a descriptor is ready: a poll.
//
// Invariants:
//  1. Only the thread that waits touches the rings. The others write down what has changed, and if
//     that one sleeps, they ring the bell, an eventfd.
//  2. A Watch is there until the kernel has said its last word on it. One that was removed is an
//     orphan until then, and its events are told to nobody.
//  3. The kernel keeps the file of a poll open, whoever closes the descriptor: until that is
//     cancelled, the peer does not hear of an end. So `close` cancels all, and waits for that.
#include <liburing.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "runtime/io/open_ring.hpp"
#include "runtime/io/selector.hpp"
#include "runtime/task/small_mutex.hpp"

namespace runtime {
namespace {

class Ring final : public Selector {
 public:
  Ring() { open_ring(ring_, kEntries, 0, "--driver epoll"); }
  ~Ring() override {
    Ring::close();
    io_uring_queue_exit(&ring_);
  }

  void add(int fd, common::ReadySet interest, void* whose) override {
    const std::lock_guard lock(mutex_);
    const auto place = static_cast<std::size_t>(fd);
    if (place >= watches_.size()) watches_.resize(place + 1);
    if (watches_[place] != nullptr) common::throw_error(EEXIST, "io_uring POLL_ADD");
    watches_[place] = new Watch{fd, interest, whose};
    if (whose == nullptr) bell_ = fd;
    change(*watches_[place]);
  }

  void modify(int fd, common::ReadySet interest, void* whose) override {
    remove(fd);
    add(fd, interest, whose);
  }

  void remove(int fd) override {
    const std::lock_guard lock(mutex_);
    const auto place = static_cast<std::size_t>(fd);
    if (place < watches_.size()) give_up(watches_[place]);
  }

  int wait(std::span<epoll_event> events, int milliseconds) override {
    {
      const std::lock_guard lock(mutex_);
      write_down_changes();
      asleep_ = milliseconds != 0;
    }
    const int error = submit(milliseconds);
    const std::lock_guard lock(mutex_);
    asleep_ = false;
    return error < 0 ? error : take_events(events);
  }

  [[nodiscard]] const char* call() const override { return "io_uring_enter"; }

  void close() noexcept override {
    const std::lock_guard lock(mutex_);
    for (Watch*& watch : watches_) give_up(watch);
    write_down_changes();
    std::array<epoll_event, 64> events;
    while (armed_ > 0) {
      const int error = submit(-1);
      if (error < 0 && error != -EINTR) return;  // what is left goes with the ring
      take_events(events);
      write_down_changes();
    }
  }

 private:
  /// A poll, from `add` to the kernel's last word.
  struct Watch {
    int fd;
    common::ReadySet interest;
    void* whose;
    bool armed = false;    // the kernel has it
    bool removed = false;  // nobody asks for its events any more
    bool changed = false;  // it is in the list of these
    Watch* next = nullptr;
  };

  static constexpr unsigned kEntries = 256;

  void change(Watch& watch) noexcept {
    if (!std::exchange(watch.changed, true)) watch.next = std::exchange(changed_, &watch);
    if (std::exchange(asleep_, false)) ::eventfd_write(bell_, 1);
  }

  void give_up(Watch*& place) noexcept {
    Watch* const watch = std::exchange(place, nullptr);
    if (watch == nullptr) return;
    watch->removed = true;
    change(*watch);
  }

  /// Writes into the ring what is to be begun, and what to be ended.
  void write_down_changes() noexcept {
    while (changed_ != nullptr) {
      Watch& watch = *std::exchange(changed_, changed_->next);
      watch.changed = false;
      if (watch.removed && !watch.armed) {
        delete &watch;
        continue;
      }
      io_uring_sqe* const entry = next_entry();
      if (watch.removed) {
        io_uring_prep_cancel(entry, &watch, 0);
        io_uring_sqe_set_data(entry, nullptr);
      } else {
        io_uring_prep_poll_multishot(entry, watch.fd, watch.interest.bits());
        io_uring_sqe_set_data(entry, &watch);
        watch.armed = true;
        ++armed_;
      }
    }
  }

  /// Room in the ring, also where that is full.
  io_uring_sqe* next_entry() noexcept {
    for (;;) {
      if (io_uring_sqe* const entry = io_uring_get_sqe(&ring_)) return entry;
      io_uring_submit(&ring_);
    }
  }

  /// Hands over what was written, and waits: in one call, or, where there is nothing to do, none.
  int submit(int milliseconds) noexcept {
    if (milliseconds == 0) return io_uring_sq_ready(&ring_) == 0 ? 0 : io_uring_submit(&ring_);
    __kernel_timespec limit{};
    limit.tv_sec = milliseconds / 1000;
    limit.tv_nsec = milliseconds % 1000 * 1'000'000;
    io_uring_cqe* first = nullptr;
    const int error = io_uring_submit_and_wait_timeout(
        &ring_, &first, 1, milliseconds == -1 ? nullptr : &limit, nullptr);
    // The last two pass: the kernel is out of memory, or has no more room for completions.
    return error == -ETIME || error == -EAGAIN || error == -EBUSY ? 0 : error;
  }

  /// Takes out of the ring what has come, as far as there is room in `events`.
  int take_events(std::span<epoll_event> events) noexcept {
    int count = 0;
    io_uring_cqe* entry = nullptr;
    while (static_cast<std::size_t>(count) < events.size() &&
           io_uring_peek_cqe(&ring_, &entry) == 0) {
      if (auto* const watch = static_cast<Watch*>(io_uring_cqe_get_data(entry))) {
        const bool tells = !watch->removed && entry->res != -ECANCELED;
        if (tells) events[static_cast<std::size_t>(count++)] = event(*watch, entry->res);
        if ((entry->flags & IORING_CQE_F_MORE) == 0) ended(*watch, entry->res);
      }
      io_uring_cqe_seen(&ring_, entry);
    }
    return count;
  }

  static epoll_event event(const Watch& watch, int result) {
    epoll_event event{};
    // What the wake-up said: of a TCP socket always that a byte may be urgent, too. An error:
    // whoever tries will hear it.
    event.events = result >= 0 ? static_cast<std::uint32_t>(result) : EPOLLERR;
    event.data.ptr = watch.whose;
    return event;
  }

  /// The kernel's last word. If nobody has asked for it, the ring was full: it begins anew. (Not so
  /// a file on a disk, which is ready always, and told so once.)
  void ended(Watch& watch, int result) noexcept {
    watch.armed = false;
    --armed_;
    struct stat status {};
    const bool again = result == -ECANCELED ||
                       (result > 0 && ::fstat(watch.fd, &status) == 0 && !S_ISREG(status.st_mode));
    if (watch.removed || again) change(watch);
  }

  io_uring ring_{};
  SmallMutex mutex_;             // guards what follows
  std::vector<Watch*> watches_;  // by descriptor
  Watch* changed_ = nullptr;     // since the last `wait` began, linked by `next`
  std::size_t armed_ = 0;
  bool asleep_ = false;
  int bell_ = -1;
};

}  // namespace

std::unique_ptr<Selector> make_ring() {
  return std::make_unique<Ring>();
}

}  // namespace runtime
