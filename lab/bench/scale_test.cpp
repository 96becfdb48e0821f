// Does a sample come back from its file as it was, is a ratio one of its own round, and does the
// scaling command write a line for each point of the grid?

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "lab/support/program.hpp"
#include "lab/support/temporary_directory.hpp"
#include "lab/support/text.hpp"
#include "samples.hpp"

namespace {

using bench::Figures;
using bench::Sample;
using lab::Result;
using lab::run;
using lab::TemporaryDirectory;
using std::filesystem::path;

const path kBuildDirectory = BUILD_DIR;

std::string text_of(const std::vector<Sample>& samples) {
  std::ostringstream out;
  out << "# processor: abacus\n";
  bench::write_heading(out);
  for (const Sample& sample : samples) bench::write(out, sample);
  return out.str();
}

/// A sample with one client and nobody idle, of a server that takes `cpu` for an echo.
Sample sample_of(const std::string& server, std::uint64_t round, double cpu, double foreign = 0) {
  Figures figures;
  figures.cpu = cpu;
  figures.foreign = foreign;
  return {server, 1, 0, round, figures};
}

Result compare(const std::vector<Sample>& samples, const std::string& flag = "--to=base") {
  const TemporaryDirectory directory;
  const path file = directory.write("samples.csv", text_of(samples));
  return run({kBuildDirectory / "lab" / "compare", file, flag});
}

bool has_line(const Result& result, const std::string& begin) {
  return ("\n" + result.out).find("\n" + begin) != std::string::npos;
}

TEST_CASE("a sample comes back from its file as it was written") {
  const Figures figures{1000.5, 12.25, 99, 7.5, 491, 3, 0.25};
  const Sample whole{"04_poll", 10, 1000, 2, figures, "foreign load"};
  const Sample failed{"01_blocking", 10, 0, 1, {}, "nothing came back, at all;\nno"};
  const TemporaryDirectory directory;
  const path file = directory.write("samples.csv", text_of({whole, failed}));
  const auto read = bench::read_samples(file);
  REQUIRE(read.size() == 2);
  CHECK(text_of({read[0]}) == text_of({whole}));
  REQUIRE(read[0].figures);
  CHECK(read[0].figures->echoes == 1000.5);
  CHECK(read[0].figures->foreign == 0.25);
  CHECK_FALSE(read[1].figures);
  CHECK(read[1].note == "nothing came back; at all; no");
}

TEST_CASE("a file of something else is refused with its line, and a missing one by its name") {
  const TemporaryDirectory directory;
  const path file = directory.write("samples.csv", "# fine\nserver,1,2\n");
  CHECK_THROWS_WITH(bench::read_samples(file), (file.string() + ", line 2: not a sample").c_str());
  const Result result = run({kBuildDirectory / "lab" / "compare", "/nowhere.csv"});
  CHECK(result.status == 1);
  CHECK(result.err == "open /nowhere.csv: it cannot be read\n");
}

TEST_CASE(
    "the median is the value in the middle, or between the two there, and of nothing there is "
    "none") {
  CHECK(bench::median({3, 1, 100}) == 3);
  CHECK(bench::median({1, 3}) == 2);
  CHECK_FALSE(bench::median({}));
}

TEST_CASE("a ratio is that of two samples of the same round: a slow minute is slow for both") {
  const Result result =
      compare({sample_of("base", 1, 1), sample_of("base", 2, 10), sample_of("base", 3, 100),
               sample_of("other", 1, 2), sample_of("other", 2, 20), sample_of("other", 3, 200)});
  INFO(result.out << result.err);
  CHECK(has_line(result, "| base | 10.0 |"));
  CHECK(has_line(result, "| other | × 2.00 |"));
}

TEST_CASE("samples with foreign load count only where there are no others") {
  const Result result =
      compare({sample_of("base", 1, 1), sample_of("base", 2, 1, 0.5), sample_of("base", 3, 1),
               sample_of("other", 1, 2), sample_of("other", 2, 9), sample_of("other", 3, 9, 0.5),
               sample_of("third", 1, 3, 0.5)});
  INFO(result.out << result.err);
  CHECK(has_line(result, "| other | × 2.00 |"));
  CHECK(has_line(result, "| third | × 3.00 |"));
  CHECK(result.err ==
        "3 of 7 samples had foreign load: where there are others, they were left out\n");
}

TEST_CASE("what was not served is a dash, and a base without samples an error") {
  const Result result = compare({sample_of("base", 1, 1), {"other", 1, 0, 1, {}, "not served"}});
  CHECK(has_line(result, "| other | – | – |"));
  CHECK(result.err.empty());
  const Result no_base = compare({sample_of("other", 1, 2)});
  CHECK(no_base.status == 1);
  CHECK(no_base.err == "there are no samples of base\n");
}

TEST_CASE("gnuplot gets a block for each server: median, least and most under each load") {
  const Result result = compare({sample_of("base", 1, 1), sample_of("base", 2, 5),
                                 sample_of("base", 3, 7), sample_of("other", 1, 2)},
                                "--medians");
  CHECK(result.out ==
        "# base\n1 0  0 0 0  0 0 0  0 0 0  5 1 7  0 0 0  0 0 0\n\n\n"
        "# other\n1 0  0 0 0  0 0 0  0 0 0  2 2 2  0 0 0  0 0 0\n\n\n");
}

TEST_CASE("scale measures each point of the grid, and says what on which machine") {
  if (!lab::has_open_files(2000)) return;
  const TemporaryDirectory directory;
  const path file = directory / "samples.csv";
  const Result result = run({kBuildDirectory / "lab" / "scale", "--quick", "--rounds", "1",
                             "--only", "06_epoll", "--out", file});
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK(lab::count(result.err, "06_epoll_edge, 1 active, 1000 idle ...\n") == 1);
  const auto samples = bench::read_samples(file);
  REQUIRE(samples.size() == 4);
  for (const Sample& sample : samples) {
    INFO(sample.active << " active, " << sample.idle << " idle: " << sample.note);
    REQUIRE(sample.figures);
    CHECK(sample.figures->echoes > 0);
    CHECK(sample.figures->cpu > 0);
    CHECK(sample.figures->p99 >= sample.figures->p50);
    CHECK(sample.figures->threads >= 1);  // a sanitizer may have one of its own
  }
  std::ifstream lines(file);
  std::string first;
  std::getline(lines, first);
  CHECK(first.starts_with("# processor: "));
}

TEST_CASE("a file that cannot be written, or a server that is none, is an error before any work") {
  const auto scale = [](const std::string& flag, const std::string& value) {
    return run({kBuildDirectory / "lab" / "scale", flag, value});
  };
  const Result no_file = scale("--out", "/nowhere/scaling.csv");
  CHECK(no_file.status == 1);
  CHECK(no_file.err == "open /nowhere/scaling.csv: it cannot be written\n");
  const Result no_server = scale("--only", "08");
  CHECK(no_server.status == 1);
  CHECK(no_server.err == "no server has \"08\" in its name\n");
}

}  // namespace
