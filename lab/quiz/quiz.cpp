#include "quiz.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <utility>

#include "runtime/runtime.hpp"

namespace quiz {
namespace {

using std::chrono::milliseconds;

/// What the tasks of one run share.
struct Shared {
  runtime::Notify news;
  std::vector<Poll> polls;
  std::vector<common::Clock::time_point> ends;  // of its timers
  std::map<std::string, std::string> because;   // task -> why it will be polled next
  std::map<std::string, std::size_t> queued;    // task -> the first poll after which it is queued
  std::string teller;
  std::size_t told = 0;  // the poll in which that one has told it

  /// The poll that goes on.
  [[nodiscard]] std::size_t poll() const { return polls.size() - 1; }
};

constexpr std::size_t kNever = SIZE_MAX;

runtime::Async<> perform(Shared& shared, Task task) {
  std::string& because = shared.because[task.name];
  for (const Line& line : task.lines) {
    switch (line.kind) {
      case Line::Kind::say:
        shared.polls.back().says.push_back(line.text);
        break;
      case Line::Kind::sleep:
        shared.ends.push_back(runtime::now() + line.time);
        because = "its sleep is over";
        shared.queued[task.name] = kNever;  // when all others sleep: so it is polled at once
        co_await runtime::sleep(line.time);
        break;
      case Line::Kind::yield:
        because = "it has yielded";
        shared.queued[task.name] = shared.poll();
        co_await runtime::yield_now();
        break;
      case Line::Kind::wait:
        because.clear();
        co_await shared.news.notified();
        break;
      case Line::Kind::tell:
        shared.teller = task.name;
        shared.told = shared.poll();
        shared.news.notify_one();
        break;
    }
  }
}

/// A task that writes down each of its polls.
class Noted {
 public:
  using Output = void;

  Noted(Shared& shared, std::string name, common::Clock::time_point begin, runtime::Async<> work)
      : shared_(&shared), name_(std::move(name)), begin_(begin), work_(std::move(work)) {}

  runtime::Poll<void> poll(runtime::Context& context) {
    const auto time = std::chrono::floor<milliseconds>(runtime::now() - begin_);
    const std::string& known = shared_->because[name_];
    const std::string because = known.empty() ? shared_->teller + " has notified it" : known;
    const std::size_t queued = known.empty() ? shared_->told : shared_->queued[name_];
    for (std::size_t i = queued; i < shared_->polls.size(); ++i)
      shared_->polls[i].queue.push_back(name_);
    shared_->polls.push_back({time, name_, because, {}, {}, false});
    const std::size_t mine = shared_->poll();
    auto result = work_.poll(context);
    shared_->polls[mine].ready = result.is_ready();
    return result;
  }

 private:
  Shared* shared_;
  std::string name_;
  common::Clock::time_point begin_;
  runtime::Async<> work_;
};

runtime::Async<> run_all(Shared& shared, std::vector<Task> tasks) {
  const auto begin = runtime::now();
  std::vector<runtime::JoinHandle<void>> handles;
  for (const Task& task : tasks) {
    shared.because[task.name] = "it was spawned";
    Noted noted(shared, task.name, begin, perform(shared, task));
    handles.push_back(runtime::spawn(std::move(noted)));
  }
  for (auto& handle : handles) co_await std::move(handle);
}

/// As std::mt19937 draws it: how a distribution uses that is not the same in every library.
std::uint32_t below(std::mt19937& random, std::uint32_t limit) {
  return static_cast<std::uint32_t>(random() % limit);
}

Task draw_task(std::mt19937& random, const std::string& name) {
  Task task{name, {}};
  const std::uint32_t says = 2 + below(random, 2);
  for (std::uint32_t i = 1; i <= says; ++i) {
    if (i > 1 && below(random, 3) == 0) {
      task.lines.push_back({Line::Kind::yield, {}, {}});
    } else if (i > 1) {
      task.lines.push_back({Line::Kind::sleep, {}, milliseconds(10 * (1 + below(random, 5)))});
    }
    task.lines.push_back({Line::Kind::say, name + std::to_string(i), {}});
  }
  return task;
}

bool is_pause(const Line& line) {
  return line.kind != Line::Kind::say && line.kind != Line::Kind::tell;
}

Question draw_once(std::mt19937& random, std::uint32_t seed) {
  Question question{seed, {}};
  for (const char* name : {"a", "b", "c"}) question.tasks.push_back(draw_task(random, name));
  if (below(random, 2) == 0) return question;
  // One waits for the news that another one brings.
  const std::uint32_t waits = below(random, 3);
  const std::uint32_t tells = (waits + 1 + below(random, 2)) % 3;
  auto& waiting = question.tasks[waits].lines;
  const Line wait{Line::Kind::wait, {}, {}};
  if (below(random, 2) == 0) {
    *std::find_if(waiting.begin(), waiting.end(), is_pause) = wait;
  } else {  // as the last of its pauses: the news may be there before it
    *std::find_if(waiting.rbegin(), waiting.rend(), is_pause) = wait;
  }
  auto& telling = question.tasks[tells].lines;
  telling.insert(telling.end() - 1, {Line::Kind::tell, {}, {}});
  return question;
}

/// What a run leaves.
struct Ran {
  std::vector<Poll> polls;
  std::vector<common::Clock::time_point> ends;
};

Ran execute(const Question& question) {
  Shared shared;
  runtime::block_on(run_all(shared, question.tasks), {.virtual_clock = true});
  return {std::move(shared.polls), std::move(shared.ends)};
}

/// True if two timers end together.
bool has_a_tie(const Question& question) {
  std::vector<common::Clock::time_point> ends = execute(question).ends;
  std::sort(ends.begin(), ends.end());
  return std::adjacent_find(ends.begin(), ends.end()) != ends.end();
}

}  // namespace

std::string Line::code() const {
  switch (kind) {
    case Kind::say:
      return "say(\"" + text + "\");";
    case Kind::sleep:
      return "co_await sleep(" + std::to_string(time.count()) + "ms);";
    case Kind::yield:
      return "co_await yield_now();";
    case Kind::wait:
      return "co_await news.notified();";
    case Kind::tell:
      return "news.notify_one();";
  }
  return {};
}

Question draw(std::uint32_t seed) {
  std::mt19937 random(seed);
  for (;;) {
    Question question = draw_once(random, seed);
    if (!has_a_tie(question)) return question;
  }
}

bool has_early_news(const Question& question) {
  const std::vector<Poll> polls = run(question);
  return std::any_of(question.tasks.begin(), question.tasks.end(), [&](const Task& task) {
    return count(polls, task.name) < 1 + static_cast<std::size_t>(std::count_if(
                                             task.lines.begin(), task.lines.end(), is_pause));
  });
}

std::vector<Poll> run(const Question& question) {
  return execute(question).polls;
}

std::vector<std::string> said(const std::vector<Poll>& polls) {
  std::vector<std::string> all;
  for (const Poll& poll : polls) all.insert(all.end(), poll.says.begin(), poll.says.end());
  return all;
}

std::size_t count(const std::vector<Poll>& polls, const std::string& task) {
  const auto is_its = [&](const Poll& poll) { return poll.task == task; };
  return static_cast<std::size_t>(std::count_if(polls.begin(), polls.end(), is_its));
}

}  // namespace quiz
