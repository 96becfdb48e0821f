// Can a set of futures lose a child's wake, or touch what is gone? Who polls the set, who wakes a
// child, and who drops both, in every order.
#include <memory>
#include <optional>
#include <vector>

#include "lab/explore/scenario_parts.hpp"
#include "lab/explore/scenarios.hpp"
#include "runtime/many/futures_unordered.hpp"

namespace explore {
namespace {

using runtime::pending;
using runtime::Poll;

class Child {
 public:
  using Output = int;
  explicit Child(News& news) : news_(&news) {}

  Poll<int> poll(Context& context) {
    const auto polled = touched_.poll();
    if (news_->poll(context)) return 7;
    return pending;
  }

 private:
  Touched touched_;
  News* news_;
};

/// Two children, of which one has no news.
struct Set {
  Sleeper task;
  News news;
  News never;
  std::optional<runtime::FuturesUnordered<Child>> children{std::in_place};

  Set() {
    children->push(Child(news));
    children->push(Child(never));
  }
};

void wake_while_the_set_is_polled(Run& run) {
  const auto shared = std::make_shared<Set>();
  run.thread("task", [shared] {
    auto next = shared->children->next();
    require(shared->task.run(next).take() == 7, "another result");
  });
  run.thread("waker", [shared] { shared->news.come(); });
}

void wake_while_the_set_goes(Run& run) {
  const auto shared = std::make_shared<Set>();
  run.thread("task", [shared] {
    {
      Context context(shared->task);
      auto next = shared->children->next();
      static_cast<void>(next.poll(context));
    }
    shared->children.reset();
  });
  run.thread("waker", [shared] { shared->news.come(); });
}

}  // namespace

std::vector<Named> many_scenarios() {
  return {
      {"a child of a set is woken while the set is polled", wake_while_the_set_is_polled},
      {"a child of a set is woken while the set goes", wake_while_the_set_goes},
  };
}

}  // namespace explore
