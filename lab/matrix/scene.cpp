#include "scene.hpp"

#include <algorithm>

#include "activity.hpp"

namespace matrix {

namespace {

using lab::Result;

std::vector<std::string> all_flags(std::vector<std::string> flags, const Scene::Flags& more) {
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

/// The last line, if it is not the one that says where the server listens.
std::string last_words(const std::string& err) {
  const std::size_t end = err.find_last_not_of('\n');
  const std::size_t feed = err.rfind('\n', end);
  return feed == std::string::npos ? "" : ": " + err.substr(feed + 1, end - feed);
}

std::string end_of(const Result& result) {
  const std::string how = result.signal != 0 ? "signal " + std::to_string(result.signal)
                                             : "exit status " + std::to_string(result.status);
  return how + last_words(result.err);
}

}  // namespace

Scene::Scene(const Column& column, std::string program, const Flags& flags, const Flags& before)
    : program_(std::move(program)),
      catches_sigterm_(column.catches_sigterm),
      server_(before.empty() ? lab::Server(column.file(program_), all_flags(column.flags, flags))
                             : lab::Server::silent(column.file(program_),
                                                   all_flags(column.flags, flags), before)) {}

bool Scene::hears(Client& client) const {
  Silence silence(pid());
  while (client.hears_nothing()) {
    if (silence.proves_stall()) return false;
  }
  return true;
}

void Scene::serve_polite_client() {
  auto client = connect_polite_client();
  client->ask();
  if (hears(*client)) return expect(client->is_served(), "a polite client got a wrong answer");
  note(Outcome::stalls, "a polite client had to wait");
  waiting_.push_back(std::move(client));
}

void Scene::expect_rest() {
  if (!comes_to_rest(pid())) note(Outcome::spins, "it used CPU time with nothing to do");
}

void Scene::expect(bool right, const std::string& what) {
  if (!right) note(Outcome::wrong, what);
}

void Scene::stop() {
  server_.program().signal(SIGTERM);
  expect_end();
}

void Scene::expect_end() {
  const Result result = server_.program().wait();
  stopped_ = true;
  if (result.status != 0) note(Outcome::dies, "told to stop: " + end_of(result));
}

void Scene::stop_at_once() {
  lab::wait_until(
      [&] {
        server_.program().signal(SIGTERM);
        return lab::has_ended(pid());
      },
      "the server was told to stop often enough");
  const Result result = server_.program().wait();
  stopped_ = true;
  expect(result.signal == SIGTERM && last_words(result.err).find("cut off: 1") != std::string::npos,
         "told to stop again: " + end_of(result));
}

Cell Scene::judge(const std::function<void(Scene&)>& trouble) {
  try {
    wait_until_ready();
    trouble(*this);
    if (!stopped_) recover();
  } catch (const std::exception& error) {
    explain(error);
  }
  return cell_;
}

/// A server may still get ready when it says that it listens, and what fails then is not asked
/// here. One that sleeps is ready. One that uses CPU time instead may be slow, or never sleep: it
/// is ready when it has served somebody.
void Scene::wait_until_ready() {
  constexpr common::Duration kSpins = std::chrono::milliseconds(10);
  if (comes_to_rest(pid(), kSpins)) return;
  const std::size_t files = lab::open_files(pid());
  {
    const auto client = connect_polite_client();
    client->ask();
    expect(client->is_served(), "the first client got a wrong answer");
  }
  // A room keeps who has said all, until it hears that nobody listens.
  if (lab::kProtocols.at(program_) != lab::Protocol::broadcast) wait_until_closed(server_, files);
  ++first_connection_;
  rests_ = comes_to_rest(pid(), kSpins);
}

/// The trouble is over: those who had to wait are served, and a new client too; it rests, and
/// stops.
void Scene::recover() {
  for (const auto& client : waiting_) {
    expect(hears(*client) && client->is_served(), "a client that waited was never served");
  }
  waiting_.clear();
  serve_polite_client();
  expect(waiting_.empty(), "a client that came afterwards was never served");
  expect_rest();
  if (catches_sigterm_) stop();
}

void Scene::note(Outcome outcome, const std::string& why) {
  const std::string line = program_ + ": " + why;
  const bool known =
      std::find(cell_.details.begin(), cell_.details.end(), line) != cell_.details.end();
  cell_.add({outcome, known ? Scene::Flags() : Scene::Flags{line}});
}

void Scene::explain(const std::exception& error) {
  // A connection that fails may be the first that is heard of a server's end.
  if (!stopped_ && ends_soon(pid())) {
    note(Outcome::dies, end_of(server_.program().wait()));
  } else {
    note(Outcome::wrong, error.what());
  }
}

}  // namespace matrix
