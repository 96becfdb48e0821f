// What do three tasks say, one after the other, and how often is each polled? Say it first, and
// then let the runtime say it.
//
//   build/lab/quiz --seed 7             a question
//   build/lab/quiz --seed 7 --answer    each poll of it, as the runtime runs it
//   build/lab/quiz                      another one each time

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "common/cli.hpp"
#include "quiz.hpp"

namespace {

using Json = nlohmann::ordered_json;
using quiz::Poll;
using quiz::Question;

std::string joined(const std::vector<std::string>& words, const char* separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size() + 2), ' ');
  return text;
}

std::string asked(const Question& question) {
  std::string text = "Three tasks on one thread, spawned in this order (seed " +
                     std::to_string(question.seed) + "):\n\n";
  for (const quiz::Task& task : question.tasks) {
    text += "  Async<> " + task.name + "() {\n";
    for (const quiz::Line& line : task.lines) text += "    " + line.code() + "\n";
    text += "  }\n";
  }
  return text +
         "\nWhat is said, one after the other? How often is each polled?\n"
         "build/lab/quiz --seed " +
         std::to_string(question.seed) + " --answer tells.\n";
}

std::string answered(const Question& question) {
  const std::vector<Poll> polls = quiz::run(question);
  std::string text;
  for (const Poll& poll : polls) {
    const std::string time = std::to_string(poll.time.count()) + " ms";
    text += std::string(time.size() < 7 ? 7 - time.size() : 0, ' ') + time + "  " + poll.task +
            (poll.ready ? "  ready    " : "  pending  ") + padded(joined(poll.says, ", "), 8) +
            padded(poll.because, 19) +
            "queue: " + (poll.queue.empty() ? "empty" : joined(poll.queue, ", ")) + "\n";
  }
  text += "said: " + joined(said(polls), " ") + "\npolls:";
  for (const quiz::Task& task : question.tasks) {
    text += " " + task.name + " " + std::to_string(count(polls, task.name)) + ",";
  }
  return text + " in all " + std::to_string(polls.size()) + "\n";
}

Json as_json(const Question& question) {
  Json tasks = Json::array();
  for (const quiz::Task& task : question.tasks) {
    Json code = Json::array();
    for (const quiz::Line& line : task.lines) code.push_back(line.code());
    tasks.push_back({{"name", task.name}, {"code", code}});
  }
  Json polls = Json::array();
  for (const Poll& poll : quiz::run(question)) {
    polls.push_back({{"ms", poll.time.count()},
                     {"task", poll.task},
                     {"because", poll.because},
                     {"says", poll.says},
                     {"queue", poll.queue},
                     {"ready", poll.ready}});
  }
  return {{"seed", question.seed}, {"tasks", tasks}, {"polls", polls}};
}

/// A line each, for the book, in which the seventh stands already. In one of them, the last if need
/// be, the news comes before somebody waits for it.
std::string for_the_book(std::uint64_t count) {
  std::string text;
  bool is_early = false;
  for (std::uint32_t seed = 8; count > 0; ++seed) {
    const Question question = quiz::draw(seed);
    const bool is_one = quiz::has_early_news(question);
    if (count == 1 && !is_early && !is_one) continue;
    is_early = is_early || is_one;
    text += (text.empty() ? "\n  " : ",\n  ") + as_json(question).dump();
    --count;
  }
  return R"({"kind": "quizzes", "title": "What comes first, and how often?", "quizzes": [)" + text +
         "]}\n";
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seed = std::random_device()() % 100'000;
  std::uint64_t book = 0;
  bool answer = false;
  common::CommandLine cli("Asks what three tasks do, and has the runtime answer.",
                          "build/lab/quiz --seed 7 --answer");
  cli.add_count("--seed", "which question; without it, any", seed, 0, 0xffff'ffff);
  cli.add_flag("--answer", "do not ask: run them", answer);
  cli.add_count("--book", "N questions with their answers, as JSON", book, 1, 1000);
  return cli.run(argc, argv, [&] {
    const auto number = static_cast<std::uint32_t>(seed);
    const std::string text = book != 0 ? for_the_book(book)
                             : answer  ? answered(quiz::draw(number))
                                       : asked(quiz::draw(number));
    std::fputs(text.c_str(), stdout);
    return 0;
  });
}
