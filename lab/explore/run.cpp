#include "lab/explore/run.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
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

void begin_thread(std::function<void()> body) {
  current->begin_thread(std::move(body));
}

void calm(bool is_calm) noexcept {
  if (current != nullptr) current->calm(is_calm);
}

void time_passes(unsigned early) noexcept {
  if (current != nullptr) current->time_passes(early);
}

void begins(void* object) noexcept {
  if (current != nullptr) current->begins(object);
}

void ends(const void* object) noexcept {
  if (current != nullptr) current->ends(object);
}

std::shared_ptr<void>& kernel_of_run() {
  return current->kernel();
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
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    if (threads_[i].hand == nullptr) start(threads_[i], crew_.baton());  // else another one has
    if (!failure_.empty()) return false;
  }
  if (Thread* const first = choose()) {
    pass_to(first);
    crew_.baton().take();
  }
  for (const auto& [thing, threads] : touched_) {
    if ((threads & (threads - 1)) != 0) tree_.share(thing);
  }
  if (failure_.empty()) check_end();
  return failure_.empty();
}

/// Lets it run to its first step. What it does before that is its own.
void Run::start(Thread& thread, Baton& starter) {
  Baton* const starter_before = std::exchange(starter_, &starter);
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
  starter.take();
  starter_ = starter_before;
}

void Run::begin_thread(std::function<void()> body) {
  thread("pool " + std::to_string(++pool_threads_), std::move(body));
  if (self != nullptr) start(threads_.back(), self->hand->baton);
}

void Run::finish(Thread& thread) {
  thread.done = true;
  starter_ != nullptr ? starter_->give() : pass_to(choose());
}

void Run::check_end() {
  try {
    if (at_end_) at_end_();
    at_end_ = nullptr;
    threads_.clear();  // with what they share
    kernel_.reset();
    require(alive_.empty(), "something was never destroyed");
  } catch (const std::exception& error) {
    failure_ = error.what();
  }
}

void Run::arrive(Thread& thread, const Step& step) {
  thread.next = step;
  if (starter_ != nullptr) {
    starter_->give();
    thread.hand->baton.take();
  } else if (Thread* const next = choose(); next != &thread) {
    pass_to(next);
    thread.hand->baton.take();
  }
  steps_.push_back({thread.name, step, {}});
  const auto found = alive_.find(step.object);
  if (found == alive_.end()) fail(thread, "used after its end");
  steps_.back().object = found->second;
  touched_[found->second] |= only(thread.number);
  if (steps_.size() > kEndless) fail(thread, "it does not end");
}

void Run::fail(Thread& thread, const std::string& reason) {
  failure_ = reason;
  pass_to(nullptr);
  for (;;) thread.hand->baton.take();
}

void Run::begins(const void* object) {
  // The thread that makes it, and its how manieth: so it has the same name in the next run.
  const std::size_t maker = self == nullptr ? kMostThreads : self->number;
  alive_[object] = {maker, begun_[maker]++};
}

/// Whose turn it is; nullptr at the end.
Run::Thread* Run::choose() {
  Threads ready = 0;
  Threads in_time = 0;  // when its time is over
  Threads early = 0;    // when it may be, although others can go on
  bool ended = true;
  for (const Thread& thread : threads_) {
    if (thread.done) continue;
    ended = false;
    const Step& next = thread.next;
    if (next.possible == nullptr || (*next.possible)()) {
      ready |= only(thread.number);
    } else if (next.may_time_out && early_timeouts_) {
      in_time |= only(thread.number);
      if (thread.early_timeouts < *early_timeouts_) early |= only(thread.number);
    }
  }
  if (onlooker_ && onlooker_(ahead(ready))) tree_.leave();
  if ((ready | in_time) == 0) {
    if (!ended) failure_ = blocked();
    return nullptr;
  }
  const bool time_passes = ready == 0;
  if (time_passes) ready = in_time;
  const std::size_t plain = next_of((ready & ~held_) != 0 ? ready & ~held_ : ready, last_);
  if (is_calm_) {
    last_ = plain;
  } else {
    const bool worth_while = plain != last_ || matters(threads_[last_].next);
    last_ = tree_.choose(ready | early, plain, worth_while, [&](std::size_t a, std::size_t b) {
      return !time_passes && may_exchange(threads_[a].next, threads_[b].next);
    });
  }
  held_ = (last_ == plain ? held_ : held_ | only(plain)) & ~only(last_);
  if ((ready & only(last_)) == 0) ++threads_[last_].early_timeouts;
  return &threads_[last_];
}

std::vector<Ahead> Run::ahead(Threads ready) const {
  std::vector<Ahead> all;
  for (const Thread& thread : threads_) {
    const bool can = !thread.done && (ready & only(thread.number)) != 0;
    all.push_back({thread.name, thread.next, thread.done, can});
  }
  return all;
}

/// True if an interruption before this step may make a difference.
bool Run::matters(const Step& step) const {
  const auto found = alive_.find(step.object);
  return !step.lets_go && (found == alive_.end() || tree_.is_shared(found->second));
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
