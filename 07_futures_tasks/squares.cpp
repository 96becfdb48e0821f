// 07, futures and tasks: two tasks that wait for each other. Where does it stand still?
//
// One task adds up squares that another one computes. Questions go through one channel, answers
// come back through another, and each has room for four. With --ask-first it reads no answer before
// the last question is sent.
//
//   build/07_futures_tasks/squares                            385
//   build/07_futures_tasks/squares --ask-first --numbers 9    285
//   build/07_futures_tasks/squares --ask-first                nothing; stop it with Ctrl-C

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <tuple>
#include <utility>

#include "common/cli.hpp"
#include "runtime/runtime.hpp"
#include "runtime_flags.hpp"

namespace {

constexpr std::size_t kRoom = 4;

/// Answers each question, until nobody asks any more.
runtime::Async<> compute(runtime::Receiver<std::uint64_t> questions,
                         runtime::Sender<std::uint64_t> answers) {
  for (;;) {
    const auto number = co_await questions.receive();
    if (!number) co_return;
    co_await answers.send(*number * *number);
  }
}

runtime::Async<> ask(runtime::Sender<std::uint64_t> questions, std::uint64_t numbers) {
  for (std::uint64_t i = 1; i <= numbers; ++i) co_await questions.send(i);
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

runtime::Async<> run(std::uint64_t numbers, bool ask_first) {
  auto questions = runtime::mpsc<std::uint64_t>(kRoom);
  auto answers = runtime::mpsc<std::uint64_t>(kRoom);
  runtime::spawn(compute(std::move(questions.receiver), std::move(answers.sender))).detach();
  std::uint64_t sum = 0;
  if (ask_first) {
    co_await ask(std::move(questions.sender), numbers);
    sum = co_await add_up(std::move(answers.receiver));
  } else {
    const auto both = co_await runtime::join(ask(std::move(questions.sender), numbers),
                                             add_up(std::move(answers.receiver)));
    sum = std::get<1>(both);
  }
  std::printf("%zu\n", sum);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t numbers = 10;
  bool ask_first = false;
  runtime::Options options;
  common::CommandLine cli("Adds up squares that another task computes.",
                          "build/07_futures_tasks/squares --ask-first");
  cli.add_count("--numbers", "how many squares, from that of 1 on", numbers, 0, 1'000'000);
  cli.add_break_it("--ask-first", "read no answer before the last question is sent", ask_first);
  add_runtime_flags(cli, options);
  return cli.run(argc, argv, [&] {
    runtime::block_on(run(numbers, ask_first), options);
    return 0;
  });
}
