#include "common/cli.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <exception>
#include <limits>
#include <map>
#include <ratio>
#include <sstream>
#include <system_error>

#include "common/report.hpp"

namespace common {
namespace {

/// Durations are counted in microseconds here; CLI11 reads "250ms" with this table.
const std::map<std::string, double> kUnits = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}};
constexpr double kLongestDelay = 24 * 3600 * 1e6;

/// CLI11 reads "-3" as a very large unsigned number; this refuses it.
std::string whole_number(const std::string& text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && value >= least && value <= most) return "";
  if (most == std::numeric_limits<std::uint64_t>::max()) {
    return text + " is not a number of " + std::to_string(least) + " or more";
  }
  return text + " is not between " + std::to_string(least) + " and " + std::to_string(most);
}

auto between(std::uint64_t least, std::uint64_t most) {
  return [=](const std::string& text) { return whole_number(text, least, most); };
}

/// 300 milliseconds are "0.3s".
std::string in_seconds(Duration delay) {
  std::ostringstream seconds;
  seconds << std::chrono::duration<double>(delay).count() << 's';
  return seconds.str();
}

std::string failure_line(const CLI::App* app, const CLI::Error& error) {
  return app->get_name() + ": " + error.what() + " (" + app->get_name() +
         " --help lists the flags)\n";
}

}  // namespace

struct CommandLine::Parser {
  explicit Parser(const std::string& shows) : app(shows) {}
  CLI::App app;
};

CommandLine::CommandLine(const std::string& shows, const std::string& try_next)
    : parser_(std::make_unique<Parser>(shows)) {
  parser_->app.footer("Try next:\n  " + try_next);
  parser_->app.failure_message(failure_line);
}

CommandLine::~CommandLine() = default;

void CommandLine::add_endpoint(Endpoint& endpoint) {
  parser_->app.add_option("--host", endpoint.host, "name or address, IPv4 or IPv6")
      ->type_name("HOST")
      ->capture_default_str();
  parser_->app
      .add_option("--port", endpoint.port, "TCP or UDP port; 0 lets a server pick a free one")
      ->check(between(0, std::numeric_limits<std::uint16_t>::max()))
      ->type_name("PORT")
      ->capture_default_str();
}

void CommandLine::add_delay(Duration& delay, const std::string& what, const std::string& name) {
  const auto store = [&delay](double microseconds) {
    delay = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double, std::micro>(microseconds));
  };
  parser_->app.add_option_function<double>(name, store, what + ": 2s, 250ms, 40us")
      ->transform(CLI::AsNumberWithUnit(kUnits, CLI::AsNumberWithUnit::UNIT_REQUIRED)
                      .description(""))  // TIME says it already
      ->check([](const std::string& microseconds) {
        const double value = std::stod(microseconds);
        return value >= 0 && value <= kLongestDelay ? "" : "not between 0s and a day";
      })
      ->type_name("TIME")
      ->default_str(in_seconds(delay));
}

void CommandLine::add_connections(std::uint64_t& connections) {
  parser_->app.add_option("--connections", connections, "stop after serving so many")
      ->check(between(1, connections))
      ->type_name("N");
}

void CommandLine::add_clients(std::uint64_t& clients) {
  add_count("--clients", "connections at the same time", clients);
}

void CommandLine::add_count(const std::string& name, const std::string& what, std::uint64_t& value,
                            std::uint64_t least, std::uint64_t most,
                            const std::string& environment) {
  parser_->app.add_option(name, value, what)
      ->check(between(least, most))
      ->type_name("N")
      ->envname(environment)
      ->capture_default_str();
}

void CommandLine::add_flag(const std::string& name, const std::string& what, bool& value) {
  parser_->app.add_flag(name, value, what);
}

void CommandLine::add_text(const std::string& name, const std::string& what, std::string& value,
                           const std::string& kind) {
  CLI::Option* option =
      parser_->app.add_option(name, value, what)->type_name(kind)->capture_default_str();
  if (!name.starts_with("-")) option->required();
}

void CommandLine::add_word(const std::string& name, const std::string& what, std::string& value) {
  parser_->app.add_option(name, value, what);
}

void CommandLine::add_break_it(const std::string& name, const std::string& what, bool& value) {
  parser_->app.add_flag(name, value, what)->group("break it");
}

int CommandLine::run(int argc, char** argv, const std::function<int()>& program) {
  try {
    parser_->app.parse(argc, argv);
    return program();
  } catch (const CLI::ParseError& error) {
    return parser_->app.exit(error);
  } catch (const std::exception& error) {
    print_line(error.what());
    return 1;
  }
}

}  // namespace common
