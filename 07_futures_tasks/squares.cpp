// 07, futures and tasks: three mistakes that no error tells of, to be found with tools.
//
// One task adds up squares that another one computes. Questions go through one channel, answers
// come back through another, and each has room for four.
//
//   build/07_futures_tasks/squares                            385
//   build/07_futures_tasks/squares --ask-first --numbers 9    285
//   build/07_futures_tasks/squares --ask-first                nothing; stop it with Ctrl-C
//   build/07_futures_tasks/squares --spin                     385, but it asks time and again
//   build/07_futures_tasks/squares --block                    385, but nothing else can run

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <tuple>
#include <utility>

#include "common/cli.hpp"
#include "runtime/runtime.hpp"
#include "runtime_flags.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRoom = 4;

struct Mistakes {
  bool ask_first = false;
  bool spin = false;
  bool block = false;
};

/// Answers each question, until nobody asks any more.
runtime::Async<> compute(runtime::Receiver<std::uint64_t> questions,
                         runtime::Sender<std::uint64_t> answers, bool block) {
  for (;;) {
    const auto number = co_await questions.receive();
    if (!number) co_return;
    if (block) std::this_thread::sleep_for(50ms);
    co_await answers.send(*number * *number);
  }
}

runtime::Async<> ask(runtime::Sender<std::uint64_t> questions, std::uint64_t numbers) {
  for (std::uint64_t i = 1; i <= numbers; ++i) co_await questions.send(i);
}

/// The same, but it does not wait for room: it tries, and tries again.
runtime::Async<> ask_and_spin(runtime::Sender<std::uint64_t> questions, std::uint64_t numbers) {
  for (std::uint64_t i = 1; i <= numbers; ++i) {
    while (questions.try_send(i)) co_await runtime::yield_now();
  }
}

/// Reads answers to the end, which comes when nobody asks any more.
runtime::Async<std::uint64_t> add_up(runtime::Receiver<std::uint64_t> answers) {
  std::uint64_t sum = 0;
  for (;;) {
    const auto square = co_await answers.receive();
    if (!square) co_return sum;
    sum += *square;
  }
}

runtime::Async<> run(std::uint64_t numbers, Mistakes mistakes) {
  auto questions = runtime::mpsc<std::uint64_t>(kRoom);
  auto answers = runtime::mpsc<std::uint64_t>(kRoom);
  runtime::spawn(compute(std::move(questions.receiver), std::move(answers.sender), mistakes.block))
      .detach();
  std::uint64_t sum = 0;
  if (mistakes.ask_first) {
    co_await ask(std::move(questions.sender), numbers);
    sum = co_await add_up(std::move(answers.receiver));
  } else {
    const auto how = mistakes.spin ? ask_and_spin : ask;
    const auto both = co_await runtime::join(how(std::move(questions.sender), numbers),
                                             add_up(std::move(answers.receiver)));
    sum = std::get<1>(both);
  }
  std::printf("%zu\n", sum);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t numbers = 10;
  Mistakes mistakes;
  runtime::Options options;
  common::CommandLine cli("Adds up squares that another task computes.",
                          "build/07_futures_tasks/squares --ask-first");
  cli.add_count("--numbers", "how many squares, from that of 1 on", numbers, 0, 1'000'000);
  cli.add_break_it("--ask-first", "read no answer before the last question is sent",
                   mistakes.ask_first);
  cli.add_break_it("--spin", "do not wait for room: try again and again", mistakes.spin);
  cli.add_break_it("--block", "each square blocks its thread for 50 ms", mistakes.block);
  add_runtime_flags(cli, options);
  return cli.run(argc, argv, [&] {
    runtime::block_on(run(numbers, mistakes), options);
    return 0;
  });
}
