#include "lab/explore/run.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <utility>

#include "lab/explore/crew.hpp"

namespace explore {
namespace {

Run* current = nullptr;
thread_local Run::Thread* self = nullptr;

/// True if nobody can tell which of the two came first.
bool may_exchange(const Step& a, const Step& b) {
  return a.object != b.object || (a.only_reads && b.only_reads);
}

}  // namespace

void take_turn(const Step& step) noexcept {
  if (self != nullptr) self->run.arrive(*self, step);
}

void saw(std::uint64_t before, std::uint64_t after) noexcept {
  if (self != nullptr) self->run.saw(before, after);
}

void require(bool holds, const char* reason) {
  if (holds) return;
  if (self != nullptr) self->run.fail(*self, reason);
  throw std::logic_error(reason);
}

void begins(const void* object) noexcept {
  if (current != nullptr) current->begins(object);
}

void ends(const void* object) noexcept {
  if (current != nullptr) current->ends(object);
}

Run::Run(Tree& tree, Crew& crew) : tree_(tree), crew_(crew) {
  current = this;
}

Run::~Run() {
  current = nullptr;
}

void Run::thread(std::string name, std::function<void()> body) {
  threads_.push_back({*this, threads_.size(), std::move(name), std::move(body)});
}

bool Run::go() {
  for (Thread& thread : threads_) {
    start(thread);
    if (!failure_.empty()) return false;
  }
  starting_ = false;
  if (Thread* const first = choose()) {
    pass_to(first);
    crew_.baton().take();
  }
  if (failure_.empty()) check_end();
  return failure_.empty();
}

/// Lets it run to its first step. What it does before that is its own.
void Run::start(Thread& thread) {
  thread.hand = &crew_.hand(thread.number);
  thread.hand->begin([this, &thread] {
    self = &thread;
    try {
      thread.body();
    } catch (const std::exception& error) {
      fail(thread, std::string("an exception: ") + error.what());
    }
    self = nullptr;
    finish(thread);
  });
  crew_.baton().take();
}

void Run::finish(Thread& thread) {
  thread.done = true;
  pass_to(starting_ ? nullptr : choose());
}

void Run::check_end() {
  try {
    if (at_end_) at_end_();
    at_end_ = nullptr;
    threads_.clear();  // with what they share
    require(alive_.empty(), "something was never destroyed");
  } catch (const std::exception& error) {
    failure_ = error.what();
  }
}

void Run::arrive(Thread& thread, const Step& step) {
  thread.next = step;
  Thread* const next = starting_ ? nullptr : choose();
  if (next != &thread) {
    pass_to(next);
    thread.hand->baton.take();
  }
  steps_.push_back({thread.name, step, {}});
  if (!alive_.contains(step.object)) fail(thread, "used after its end");
  if (steps_.size() > kEndless) fail(thread, "it does not end");
}

void Run::fail(Thread& thread, const std::string& reason) {
  failure_ = reason;
  pass_to(nullptr);
  for (;;) thread.hand->baton.take();
}

/// Whose turn it is; nullptr at the end.
Run::Thread* Run::choose() {
  Threads can = 0;
  bool ended = true;
  for (const Thread& thread : threads_) {
    if (thread.done) continue;
    ended = false;
    const bool possible = thread.next.possible == nullptr || (*thread.next.possible)();
    if (possible) can |= only(thread.number);
  }
  if (can == 0) {
    if (!ended) failure_ = blocked();
    return nullptr;
  }
  last_ = tree_.choose(can, last_, [this](std::size_t a, std::size_t b) {
    return may_exchange(threads_[a].next, threads_[b].next);
  });
  return &threads_[last_];
}

/// Gives the turn to it, or to the explorer.
void Run::pass_to(Thread* thread) {
  (thread == nullptr ? crew_.baton() : thread->hand->baton).give();
}

/// Who waits for what, when nobody can go on.
std::string Run::blocked() const {
  std::string text = "nobody can go on:";
  const char* separator = " ";
  for (const Thread& thread : threads_) {
    if (thread.done) continue;
    text += separator + thread.name + " stands before \"" + thread.next.what + "\"";
    separator = ", ";
  }
  return text;
}

}  // namespace explore
