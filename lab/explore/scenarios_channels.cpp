// Can a value, a permit or a notification be lost? Ends of channels on several threads, in every
// order.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lab/explore/scenario_parts.hpp"
#include "lab/explore/scenarios.hpp"
#include "runtime/channels/mpsc.hpp"
#include "runtime/channels/notify.hpp"
#include "runtime/channels/oneshot.hpp"
#include "runtime/channels/semaphore.hpp"

namespace explore {
namespace {

using runtime::Context;
using runtime::Notify;
using runtime::Permit;
using runtime::Receiver;
using runtime::Semaphore;
using runtime::Sender;

// --- A semaphore ---

/// One permit; `first` and `second` wait for it, on threads of their own.
struct Waits {
  Semaphore semaphore{0};
  Sleeper first;
  Sleeper second;
};

void permits_come(Run& run) {
  const auto shared = std::make_shared<Waits>();
  run.thread("gives", [shared] { shared->semaphore.add_permits(1); });
  for (Sleeper* const sleeper : {&shared->first, &shared->second}) {
    run.thread("takes", [shared, sleeper] {
      auto acquire = shared->semaphore.acquire();
      require(sleeper->run(acquire).take().has_value(), "no permit");  // and gives it back
    });
  }
  run.at_end(
      [shared] { require(shared->semaphore.try_acquire().has_value(), "a permit is lost"); });
}

void promised_one_leaves(Run& run) {
  const auto shared = std::make_shared<Waits>();
  run.thread("gives", [shared] { shared->semaphore.add_permits(1); });
  run.thread("leaves", [shared] {
    auto acquire = shared->semaphore.acquire();
    Context context(shared->first);
    static_cast<void>(acquire.poll(context));
  });
  run.thread("takes", [shared] {
    auto acquire = shared->semaphore.acquire();
    require(shared->second.run(acquire).take().has_value(), "no permit");
  });
}

void semaphore_closes(Run& run) {
  const auto shared = std::make_shared<Waits>();
  run.thread("closes", [shared] { shared->semaphore.close(); });
  run.thread("gives", [shared] { shared->semaphore.add_permits(1); });
  run.thread("waits", [shared] {
    auto acquire = shared->semaphore.acquire();
    static_cast<void>(shared->first.run(acquire));
  });
}

// --- A channel ---

struct Ends {
  explicit Ends(std::size_t room) {
    auto channel = runtime::mpsc<int>(room);
    sender.emplace(std::move(channel.sender));
    receiver.emplace(std::move(channel.receiver));
  }
  std::optional<Sender<int>> sender;
  std::optional<Sender<int>> other;
  std::optional<Receiver<int>> receiver;
  std::optional<Permit<int>> permit;
  Sleeper sends;
  Sleeper receives;
  int back = 0;
  int received = 0;

  void send(int value) {
    auto send = sender->send(value);
    if (sends.run(send).take()) ++back;
  }
  int receive() {
    auto receive = receiver->receive();
    return receives.run(receive).take().value_or(-1);
  }
};

void values_in_order(Run& run) {
  const auto ends = std::make_shared<Ends>(1);
  run.thread("sender", [ends] {
    ends->send(1);
    ends->send(2);
    ends->sender.reset();
  });
  run.thread("receiver", [ends] {
    require(ends->receive() == 1 && ends->receive() == 2, "another value");
    require(ends->receive() == -1, "no end");
  });
}

void two_senders(Run& run) {
  const auto ends = std::make_shared<Ends>(1);
  ends->other = ends->sender;
  run.thread("sender", [ends] { static_cast<void>(ends->sender->try_send(1)); });
  run.thread("other", [ends] { static_cast<void>(ends->other->try_send(1)); });
  run.thread("receiver", [ends] { require(ends->receive() == 1, "another value"); });
}

/// It is polled once more than it was woken.
void receiver_asks_twice(Run& run) {
  const auto ends = std::make_shared<Ends>(1);
  ends->other = ends->sender;
  run.thread("sender", [ends] { ends->back += ends->sender->try_send(1) ? 1 : 0; });
  run.thread("other", [ends] { ends->back += ends->other->try_send(2) ? 2 : 0; });
  run.thread("receiver", [ends] {
    auto receive = ends->receiver->receive();
    Context context(ends->receives);
    auto result = receive.poll(context);
    if (!result.is_ready()) result = ends->receives.run(receive);
    ends->received = result.take().value_or(0);
  });
  run.at_end([ends] {
    const int left = ends->back == 0 ? ends->receive() : 0;
    require(ends->received + left + ends->back == 3, "a value is lost");
  });
}

void receiver_gives_up(Run& run) {
  const auto ends = std::make_shared<Ends>(1);
  run.thread("sender", [ends] { ends->send(1); });
  run.thread("receiver", [ends] {
    std::optional<int> value;
    {
      auto receive = ends->receiver->receive();
      Context context(ends->receives);
      auto result = receive.poll(context);
      if (result.is_ready()) value = result.take();
    }
    require(value.value_or(0) == 1 || ends->receive() == 1, "the value is lost");
  });
}

void receiver_goes(Run& run) {
  const auto ends = std::make_shared<Ends>(1);
  require(!ends->sender->try_send(0), "no room");
  run.thread("sender", [ends] {
    ends->send(1);
    ends->sender.reset();
  });
  run.thread("receiver", [ends] {
    static_cast<void>(ends->receive());
    ends->receiver.reset();
  });
}

void last_sender_goes(Run& run) {
  const auto ends = std::make_shared<Ends>(1);
  ends->other = ends->sender;
  run.thread("sender", [ends] { ends->sender.reset(); });
  run.thread("other", [ends] { ends->other.reset(); });
  run.thread("receiver", [ends] { require(ends->receive() == -1, "a value"); });
}

void permit_outlives(Run& run) {
  const auto ends = std::make_shared<Ends>(1);
  ends->permit.emplace([&] {
    auto reserve = ends->sender->reserve();
    return *ends->sends.run(reserve).take();
  }());
  run.thread("permit", [ends] {
    static_cast<void>(ends->permit->send(1));
    ends->permit.reset();
  });
  run.thread("sender", [ends] { ends->sender.reset(); });
  run.thread("receiver", [ends] {
    require(ends->receive() == 1 && ends->receive() == -1, "a value is lost");
    ends->receiver.reset();
  });
}

void send_leaves(Run& run) {
  const auto ends = std::make_shared<Ends>(1);
  require(!ends->sender->try_send(1), "no room");
  ends->other = ends->sender;
  run.thread("leaves", [ends] {
    auto send = ends->sender->send(2);
    Context context(ends->sends);
    static_cast<void>(send.poll(context));
  });
  run.thread("receiver", [ends] { require(ends->receive() == 1, "another value"); });
  run.at_end([ends] {
    const bool full = ends->other->try_send(3).has_value();
    require(!full || ends->receive() == 2, "room is lost");
  });
}

// --- Notify, and a oneshot ---

void notified_one_leaves(Run& run) {
  struct Shared {
    Notify notify;
    Sleeper first;
    Sleeper second;
  };
  const auto shared = std::make_shared<Shared>();
  run.thread("notifies", [shared] { shared->notify.notify_one(); });
  run.thread("leaves", [shared] {
    auto notified = shared->notify.notified();
    Context context(shared->first);
    const bool its_turn = notified.poll(context).is_ready();
    if (its_turn) shared->notify.notify_one();
  });
  run.thread("waits", [shared] {
    auto notified = shared->notify.notified();
    static_cast<void>(shared->second.run(notified));
  });
}

void notify_all(Run& run) {
  struct Shared {
    Notify notify;
    std::optional<Notify::Notified> first{notify.notified()};
    std::optional<Notify::Notified> second{notify.notified()};
    Sleeper waits;
    Sleeper leaves;
  };
  const auto shared = std::make_shared<Shared>();
  run.thread("notifies", [shared] { shared->notify.notify_all(); });
  run.thread("waits", [shared] {
    static_cast<void>(shared->waits.run(*shared->first));
    shared->first.reset();
  });
  run.thread("leaves", [shared] {
    Context context(shared->leaves);
    static_cast<void>(shared->second->poll(context));
    shared->second.reset();
  });
}

void answer(Run& run) {
  struct Shared {
    runtime::Oneshot<int> ends = runtime::oneshot<int>();
    Sleeper sleeper;
  };
  const auto shared = std::make_shared<Shared>();
  run.thread("sender", [shared] { static_cast<void>(shared->ends.sender.send(7)); });
  run.thread("receiver", [shared] {
    require(shared->sleeper.run(shared->ends.receiver).take() == 7, "another value");
  });
}

void question_is_dropped(Run& run) {
  struct Shared {
    std::optional<runtime::Oneshot<int>> ends{runtime::oneshot<int>()};
    std::optional<runtime::OneshotSender<int>> sender{std::move(ends->sender)};
    Sleeper sleeper;
  };
  const auto shared = std::make_shared<Shared>();
  run.thread("sender", [shared] { shared->sender.reset(); });
  run.thread("receiver",
             [shared] { require(!shared->sleeper.run(shared->ends->receiver).take(), "a value"); });
}

}  // namespace

std::vector<Named> channel_scenarios() {
  return {
      {"a permit comes while two wait for it, and comes back", permits_come},
      {"a permit comes while who is first in line leaves", promised_one_leaves},
      {"a semaphore is closed while a permit comes and one waits", semaphore_closes},
      {"values are sent one by one while they are received", values_in_order},
      {"two senders meet a receiver that waits", two_senders},
      {"two values come while the receiver asks twice", receiver_asks_twice},
      {"a value comes while the receiver stops waiting", receiver_gives_up},
      {"the receiver goes while a value is sent", receiver_goes},
      {"the last two senders go while the receiver waits", last_sender_goes},
      {"a permit is used while both ends go", permit_outlives},
      {"room comes while who waits for it leaves", send_leaves},
      {"a notification comes while who is first in line leaves", notified_one_leaves},
      {"all are notified while one waits and one leaves", notify_all},
      {"a oneshot is sent while it is received", answer},
      {"the sender of a oneshot goes while it is awaited", question_is_dropped},
  };
}

}  // namespace explore
