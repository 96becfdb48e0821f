// What grows with the number of connections, and what stays flat? Each chapter's echo server, and
// each of lab/bench/peers that is built, under every load of a grid: so many clients that never
// rest, beside so many that say nothing. All servers take turns, so that whatever else the machine
// does meets all of them alike.
//
//   build/lab/scale --quick                 a minute, for a first look
//   build/lab/scale --out scaling.csv       ten minutes
//   build/lab/compare scaling.csv           what came of it, as ratios
//   lab/bench/plot.sh scaling.csv                 and as pictures
//
// The server has one core, the load generator another. What else keeps the machine busy is
// measured, and marks the samples that it may have spoilt.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <optional>
#include <ratio>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "lab/support/output.hpp"
#include "lab/support/server.hpp"
#include "load_generator.hpp"
#include "machine.hpp"
#include "open_files.hpp"
#include "samples.hpp"
#include "subjects.hpp"

namespace {

using bench::Figures;
using bench::Sample;
using bench::Subject;
using common::Clock;
using common::Duration;
using lab::Server;

/// A server that for so long sends nothing back does not serve all its connections.
constexpr Duration kPatience = std::chrono::seconds(10);

/// After a change of connections, the caches have to fill and the scheduler to settle.
constexpr Duration kWarmUp = std::chrono::milliseconds(100);

struct Settings {
  std::string out = "scaling.csv";
  std::string only;
  std::uint64_t rounds = 3;
  std::uint64_t pipeline = 1;
  std::uint64_t size = 64;
  bool quick = false;

  [[nodiscard]] Duration time() const { return std::chrono::milliseconds(quick ? 200 : 500); }
  [[nodiscard]] std::vector<std::uint64_t> active() const {
    return quick ? std::vector<std::uint64_t>{1, 100}
                 : std::vector<std::uint64_t>{1, 10, 100, 1000};
  }
  [[nodiscard]] std::vector<std::uint64_t> idle() const {
    return quick ? std::vector<std::uint64_t>{0, 1000}
                 : std::vector<std::uint64_t>{0, 1000, 10'000};
  }
};

/// What is read before and after: the difference is what a sample cost.
struct Meters {
  explicit Meters(const Server& server)
      : server_time(lab::cpu_time(server.pid())),
        own(bench::own_time()),
        busy(bench::busy_time()) {}

  Clock::time_point now = Clock::now();
  Duration server_time;
  Duration own;
  Duration busy;
};

Figures figures_of(const bench::Echoes& echoes, const Meters& before, const Meters& after) {
  using Microseconds = std::chrono::duration<double, std::micro>;
  const Duration server_time = after.server_time - before.server_time;
  const Duration foreign = after.busy - before.busy - server_time - (after.own - before.own);
  Figures figures;
  figures.echoes = echoes.per_second();
  figures.p50 = static_cast<double>(echoes.latency.percentile(50)) / 1000;
  figures.p99 = static_cast<double>(echoes.latency.percentile(99)) / 1000;
  figures.cpu = Microseconds(server_time).count() / static_cast<double>(echoes.count);
  figures.foreign = std::max(0.0, Microseconds(foreign) / Microseconds(after.now - before.now));
  return figures;
}

/// Runs on a core of its own, where there are two; this program is on the other one.
std::vector<std::string> on_its_core(const std::optional<bench::Cores>& cores) {
  if (!cores) return {};
  return {"taskset", "--cpu-list", std::to_string(cores->server)};
}

/// Starts a server, opens the connections, and measures.
Figures measure(const Subject& subject, bench::Load load, Duration time,
                const std::optional<bench::Cores>& cores) {
  const Server server(subject.program, subject.flags, {}, on_its_core(cores));
  load.server.port = server.port();
  const auto bytes_before = static_cast<double>(lab::resident_bytes(server.pid()));
  bench::LoadGenerator generator(load);
  const auto bytes = static_cast<double>(lab::resident_bytes(server.pid()));
  generator.run(kWarmUp);

  const Meters before(server);
  const bench::Echoes echoes = generator.run(time);
  Figures figures = figures_of(echoes, before, Meters(server));
  figures.threads = static_cast<double>(lab::thread_count(server.pid()));
  figures.bytes = (bytes - bytes_before) / static_cast<double>(load.active + load.idle);
  return figures;
}

/// Goes through the grid, round after round, and writes a line for each sample.
class Run {
 public:
  Run(const Settings& settings, std::vector<Subject> subjects, std::ostream& out)
      : settings_(settings), subjects_(std::move(subjects)), out_(out), cores_(bench::two_cores()) {
    if (cores_) bench::stay_on_core(cores_->client);
    samples_ =
        settings.rounds * settings.active().size() * settings.idle().size() * subjects_.size();
  }

  void write_heading() {
    for (const std::string& line : bench::describe_machine()) out_ << "# " << line << '\n';
    out_ << "# load: " << settings_.size << " bytes, " << settings_.pipeline
         << " under way on each active connection; the server has "
         << (cores_ ? "a core, the client another" : "to share the only core") << "\n# note: "
         << "foreign load, where other programs kept more than " << bench::kForeignLoad
         << " cores busy\n";
    bench::write_heading(out_);
  }

  void round(std::uint64_t number) {
    for (const std::uint64_t active : settings_.active()) {
      for (const std::uint64_t idle : settings_.idle()) {
        for (const Subject& subject : subjects_)
          sample(subject, {subject.name, active, idle, number});
      }
    }
  }

 private:
  void sample(const Subject& subject, Sample sample) {
    const lab::ProgressLine progress(place() + subject.name + ", " + std::to_string(sample.active) +
                                     " active, " + std::to_string(sample.idle) + " idle");
    if (const Sample* fewer = failed_with_fewer(sample)) {
      sample.note = "not tried after " + std::to_string(fewer->active) + " active and " +
                    std::to_string(fewer->idle) + " idle";
    } else {
      try_to_measure(subject, sample);
    }
    bench::write(out_, sample);
    if (!out_) throw std::runtime_error("write " + settings_.out + ": it does not take more");
    ++done_;
  }

  void try_to_measure(const Subject& subject, Sample& sample) {
    try {
      const bench::Load load{.active = sample.active,
                             .idle = sample.idle,
                             .pipeline = settings_.pipeline,
                             .size = settings_.size,
                             .patience = kPatience};
      sample.figures = measure(subject, load, settings_.time(), cores_);
      if (sample.figures->foreign > bench::kForeignLoad) sample.note = "foreign load";
    } catch (const std::exception& error) {
      sample.note = error.what();
      failed_.push_back(sample);
    }
  }

  /// The same server's failure with no more connections of either kind: it would fail again, and
  /// take its time.
  [[nodiscard]] const Sample* failed_with_fewer(const Sample& sample) const {
    const auto found = std::find_if(failed_.begin(), failed_.end(), [&](const Sample& failed) {
      return failed.server == sample.server && failed.active <= sample.active &&
             failed.idle <= sample.idle;
    });
    return found == failed_.end() ? nullptr : &*found;
  }

  /// "12 of 396, 9 min left: "
  [[nodiscard]] std::string place() const {
    std::string text = std::to_string(done_ + 1) + " of " + std::to_string(samples_);
    if (done_ > 0) {
      const auto left = (Clock::now() - start_) / done_ * (samples_ - done_);
      const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
      text += seconds < 100 ? ", " + std::to_string(seconds) + " s left"
                            : ", " + std::to_string(seconds / 60) + " min left";
    }
    return text + ": ";
  }

  const Settings& settings_;
  const std::vector<Subject> subjects_;
  std::ostream& out_;
  const std::optional<bench::Cores> cores_;
  std::vector<Sample> failed_;
  std::uint64_t samples_;
  std::uint64_t done_ = 0;
  const Clock::time_point start_ = Clock::now();
};

int run(const Settings& settings) {
  std::vector<Subject> subjects = bench::built_subjects(settings.only);
  std::ofstream out(settings.out);
  if (!out) throw std::runtime_error("open " + settings.out + ": it cannot be written");
  bench::require_open_files(settings.active().back() + settings.idle().back());
  Run scaling(settings, std::move(subjects), out);
  scaling.write_heading();
  for (std::uint64_t round = 1; round <= settings.rounds; ++round) scaling.round(round);
  std::printf("all samples are in %s; build/lab/compare %s sums them up\n", settings.out.c_str(),
              settings.out.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  common::CommandLine cli(
      "Measures every built echo server, of the chapters and of other libraries, with few and "
      "many\n"
      "clients beside none and many idle ones, and writes a line of CSV for each sample.",
      "build/lab/scale --quick --out /tmp/scaling.csv");
  cli.add_text("--out", "the file to write", settings.out);
  cli.add_text("--only", "measure the servers with this text in their names", settings.only);
  cli.add_count("--rounds", "how often the grid is gone through", settings.rounds);
  cli.add_count("--pipeline", "messages that each active client has under way", settings.pipeline);
  cli.add_count("--size", "bytes of a message", settings.size);
  cli.add_flag("--quick", "a small grid, and shorter samples", settings.quick);
  return cli.run(argc, argv, [&] { return run(settings); });
}
