// Do the small programs beside the text on other libraries show what it says?

#include <doctest/doctest.h>

#include <string>

#include "lab/support/build_tree.hpp"
#include "lab/support/program.hpp"

namespace {

std::string output_of(const std::string& program) {
  const lab::Result result = lab::run({std::string(BUILD_DIR) + "/lab/" + program});
  INFO(result.err);
  CHECK(result.status == 0);
  return result.out;
}

}  // namespace

TEST_CASE(
    "a sender calls from its own thread, a task awaits it in two polls, and it must be waited "
    "for") {
  const std::string out = output_of("senders");
  INFO(out);
  CHECK(lab::contains(out, "pushed: 42 came on the sender's thread\n"));
  CHECK(lab::contains(out, "pulled: 42 came on this thread, after 2 polls\n"));
  CHECK(lab::contains(out, "a future is destroyed, and that is all\n"));
  const std::string answers = "a sender is asked to stop, and answers ";
  REQUIRE(lab::contains(out, answers));
  // At the end of the first pause of its four.
  CHECK(std::stoi(out.substr(out.find(answers) + answers.size())) < 1500);
}
