// Is the question the same again, and is its answer right?

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "lab/support/program.hpp"
#include "quiz.hpp"

namespace {

using namespace std::chrono_literals;
using quiz::Line;
using quiz::Poll;
using quiz::Question;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

lab::Result program(std::vector<std::string> words) {
  words.insert(words.begin(), std::string(BUILD_DIR) + "/lab/quiz");
  return lab::run(words);
}

Line say(const char* text) {
  return {Line::Kind::say, text, {}};
}
Line sleep(std::chrono::milliseconds time) {
  return {Line::Kind::sleep, {}, time};
}

std::size_t lines(const quiz::Task& task, Line::Kind kind) {
  const auto is_one = [&](const Line& line) { return line.kind == kind; };
  return static_cast<std::size_t>(std::count_if(task.lines.begin(), task.lines.end(), is_one));
}

TEST_CASE("what three tasks do by hand is what the runtime says that they do") {
  const Line yield{Line::Kind::yield, {}, {}};
  const Line wait{Line::Kind::wait, {}, {}};
  const Line tell{Line::Kind::tell, {}, {}};
  const Question question{0,
                          {{"a", {say("a1"), sleep(20ms), tell, say("a2")}},
                           {"b", {say("b1"), yield, say("b2"), sleep(10ms), say("b3")}},
                           {"c", {say("c1"), wait, say("c2")}}}};
  const std::vector<Poll> polls = quiz::run(question);
  CHECK(quiz::said(polls) == Words{"a1", "b1", "c1", "b2", "b3", "a2", "c2"});
  CHECK(quiz::count(polls, "a") == 2);
  CHECK(quiz::count(polls, "b") == 3);
  CHECK(quiz::count(polls, "c") == 2);
  CHECK(polls.back().time == 20ms);
  CHECK(polls.back().ready);
  Words because;
  for (const Poll& poll : polls) because.push_back(poll.task + ": " + poll.because);
  CHECK(because == Words{"a: it was spawned", "b: it was spawned", "c: it was spawned",
                         "b: it has yielded", "b: its sleep is over", "a: its sleep is over",
                         "c: a has notified it"});
  Words queues;
  for (const Poll& poll : polls) {
    std::string names;
    for (const std::string& name : poll.queue) names += name;
    queues.push_back(names);
  }
  CHECK(queues == Words{"bc", "cb", "b", "", "", "c", ""});
}

TEST_CASE("whoever is first in the queue after a poll is polled next") {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const std::vector<Poll> polls = quiz::run(quiz::draw(seed));
    for (std::size_t i = 0; i + 1 < polls.size(); ++i) {
      const Words& queue = polls[i].queue;
      if (!queue.empty()) CHECK(queue.front() == polls[i + 1].task);
      if (queue.empty()) CHECK(polls[i + 1].because == "its sleep is over");
    }
    CHECK(polls.back().queue.empty());
  }
}

TEST_CASE("a task is polled once, and once more for each of its waits") {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const Question question = quiz::draw(seed);
    const std::vector<Poll> polls = quiz::run(question);
    for (const quiz::Task& task : question.tasks) {
      const std::size_t sure = 1 + lines(task, Line::Kind::sleep) + lines(task, Line::Kind::yield);
      const std::size_t polled = quiz::count(polls, task.name);
      CHECK(polled >= sure);
      CHECK(polled <= sure + lines(task, Line::Kind::wait));  // the news may be there already
    }
  }
}

TEST_CASE("each task says its lines in their order, and all of them") {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const Question question = quiz::draw(seed);
    const Words said = quiz::said(quiz::run(question));
    for (const quiz::Task& task : question.tasks) {
      Words mine;
      Words its;
      for (const std::string& word : said) {
        if (word.starts_with(task.name)) mine.push_back(word);
      }
      for (const Line& line : task.lines) {
        if (line.kind == Line::Kind::say) its.push_back(line.text);
      }
      CHECK(mine == its);
    }
  }
}

TEST_CASE("the same seed asks the same again, and another one something else") {
  CHECK(program({"--seed", "7"}).out == program({"--seed", "7"}).out);
  CHECK(program({"--seed", "7", "--answer"}).out == program({"--seed", "7", "--answer"}).out);
  std::set<std::string> all;
  for (int seed = 0; seed < 20; ++seed) all.insert(program({"--seed", std::to_string(seed)}).out);
  CHECK(all.size() == 20);
}

TEST_CASE("a question does not tell its answer") {
  const std::string out = program({"--seed", "7"}).out;
  CHECK(out.find("said:") == std::string::npos);
  CHECK(program({"--seed", "7", "--answer"}).out.find("said: ") != std::string::npos);
}

TEST_CASE("in a question of the book the news comes before somebody waits for it") {
  const Question late{
      0, {{"a", {say("a1"), {Line::Kind::wait, {}, {}}}}, {"b", {{Line::Kind::tell, {}, {}}}}}};
  CHECK_FALSE(quiz::has_early_news(late));
  const Question early{0, {late.tasks[1], late.tasks[0]}};
  CHECK(quiz::has_early_news(early));
  // Not of the first ones alone: it is sought.
  for (const char* count : {"1", "8"}) {
    const Json book = Json::parse(program({"--book", count}).out);
    CHECK(std::to_string(book["quizzes"].size()) == count);
    const auto is_one = [](const Json& quiz) {
      return quiz::has_early_news(quiz::draw(quiz["seed"]));
    };
    CHECK(std::any_of(book["quizzes"].begin(), book["quizzes"].end(), is_one));
  }
}

TEST_CASE("the questions in the book are those that are drawn today") {
  std::ifstream stream(std::string(SOURCE_DIR) + "/lab/book/recordings/quizzes.json");
  const std::string recorded(std::istreambuf_iterator<char>(stream), {});
  const bool same = program({"--book", "8"}).out == recorded;
  CHECK_MESSAGE(same, "lab/book/record/record.py quizzes draws them again");
}

}  // namespace
