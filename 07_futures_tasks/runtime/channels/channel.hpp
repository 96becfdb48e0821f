// What do the ends of a channel share? The values on their way, and who waits for them.
//
// The room is the permits of a semaphore: a value needs one until the receiver has it in its hands.
//
// Thread safety: all of it, but what is said to be the receiver's. Invariants:
//  1. A value is put into a node of its own before the mutex is locked, and is moved out of it and
//     destroyed after that: under the mutex only pointers change. Nodes are used again.
//  2. What is free, what is promised, and the values in line are together as many as there is room
//     for. (Until the receiver is gone: then nobody counts any more.)
//  3. While the receiver waits, no value is in line. The next one is put into its hands, where it
//     needs no mutex to take it.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "runtime/channels/semaphore.hpp"
#include "runtime/executor/executor.hpp"
#include "runtime/executor/parker.hpp"
#include "runtime/future/future.hpp"
#include "runtime/future/ref.hpp"
#include "runtime/future/waker.hpp"
#include "runtime/task/task_list.hpp"

namespace runtime {

/// Lives as long as one of its ends, or a permit.
template <class T>
class Channel final : public RefCounted, public Semaphore {
 public:
  struct Node {
    std::optional<T> value;
    Node* next_scheduled = nullptr;
  };
  /// A node that is nobody else's.
  using Letter = std::unique_ptr<Node>;

  explicit Channel(std::size_t room) : Semaphore(room), room_(room) {
    if (room == 0) throw std::invalid_argument("a channel needs room for one value at least");
  }
  ~Channel() override { destroy(empty_); }

  // For those who send:

  void add_sender() noexcept {
    add_ref();
    senders_.fetch_add(1);
  }
  void remove_sender() noexcept {
    if (senders_.fetch_sub(1) == 1) close();
  }
  void give_back() noexcept { add_permits(1); }

  /// A letter with `value` in it: `empty`, if there is one.
  static Letter letter(Letter empty, T& value) {
    if (!empty) empty.reset(new Node);
    empty->value.emplace(std::move(value));
    return empty;
  }
  /// Sends `letter`, for which there is a permit, and leaves an empty one in its place, or none. If
  /// the receiver takes no more, it stays as it is. Returns whom to wake. REQUIRES: the mutex is
  /// held.
  Waker put(Letter& letter) noexcept {
    if (refuses_) return Waker();
    Waker receiver = std::exchange(receiver_, Waker());
    if (receiver && is_empty()) {
      in_hand_.store(letter.release(), std::memory_order_release);
      ++free_;
    } else {
      values_.push(*letter.release());
    }
    letter.reset(empty_.pop());
    return receiver;
  }
  void send(Letter& letter) noexcept {
    WakeAtEnd receiver;
    const std::lock_guard lock(mutex_);
    receiver = put(letter);
  }
  [[nodiscard]] bool refuses() const noexcept {
    const std::lock_guard lock(mutex_);
    return refuses_;
  }

  // For the receiver:

  /// Ready with the next value, or with nothing if none will come.
  Poll<std::optional<T>> poll_receive(Context& context) {
    if (!context.spend()) return pending;
    // Relaxed, here and below: only the receiver empties its hands.
    if (in_hand_.load(std::memory_order_acquire) == nullptr && !take_in_hand(context)) {
      return pending;
    }
    Node* const node = in_hand_.load(std::memory_order_relaxed);
    if (node == nullptr) return std::optional<T>();
    std::optional<T> value(*std::move(node->value));  // if that throws, it stays in hand
    in_hand_.store(nullptr, std::memory_order_relaxed);
    emptied_.reset(node);
    node->value.reset();
    return value;
  }
  /// It does not wait any more.
  void forget_receiver() noexcept {
    Waker dropped;
    const std::lock_guard lock(mutex_);
    dropped = std::exchange(receiver_, Waker());
  }
  /// It takes no more than what is there.
  void refuse() noexcept {
    forget_receiver();
    close();
    const std::lock_guard lock(mutex_);
    refuses_ = true;
  }
  void remove_receiver() noexcept {
    refuse();
    destroy(values_);  // nobody else touches them any more
    const Letter in_hand(in_hand_.load());
  }

 private:
  /// True when the receiver has the next value in its hands, or none will come. Otherwise it waits.
  bool take_in_hand(Context& context) {
    Waker dropped;
    WakeAtEnd sender;
    const std::lock_guard lock(mutex_);
    if (in_hand_.load(std::memory_order_relaxed) != nullptr) return true;  // it has just come
    if (emptied_) empty_.push(*emptied_.release());
    if (!values_.empty()) {
      in_hand_.store(values_.pop(), std::memory_order_relaxed);
      sender = put_back();
      return true;
    }
    if (at_end() || refuses_) return true;
    if (!context.is_stored_in(receiver_)) dropped = std::exchange(receiver_, context.waker());
    context.take_back();
    return false;
  }

  static void destroy(Queue<Node>& nodes) noexcept {
    while (const Letter node = Letter(nodes.pop())) continue;
  }

  [[nodiscard]] bool at_end() const { return closed_ && free_ == room_; }
  Waker at_rest() noexcept override {
    return at_end() ? std::exchange(receiver_, Waker()) : Waker();
  }

  const std::size_t room_;
  std::atomic<std::size_t> senders_ = 0;
  std::atomic<Node*> in_hand_ = nullptr;  // filled by the receiver, or under the mutex
  Letter emptied_;                        // the receiver's, until it comes to the mutex
  // Guarded by the mutex:
  Queue<Node> values_;
  Queue<Node> empty_;
  Waker receiver_;
  bool refuses_ = false;
};

/// How an end, which keeps its channel, lets go of it: for a std::unique_ptr.
template <auto leave>
struct Leave {
  template <class Shared>
  void operator()(Shared* channel) const noexcept {
    (channel->*leave)();
    channel->release();
  }
};
/// What `end` refers to. Throws `NoState` if it was moved from, or is over.
template <class End>
auto& state_of(const End& end) {
  if (!end) throw NoState();
  return *end;
}

/// Blocks a thread that is no task until `future` is ready, one that needs no runtime. Throws
/// std::logic_error on a thread that runs tasks: they would stand still meanwhile.
template <FutureOrRef F>
OutputOf<F> block_thread_on(F&& future) {
  if (!Executor::may_block()) throw std::logic_error("a thread that runs tasks must not block");
  for (;;) {
    const auto thread = Ref<Parker>::adopt(new Parker);
    Context context(*thread);
    auto result = future.poll(context);
    if (result.is_ready()) return result.take();
    thread->wait();
  }
}

}  // namespace runtime
