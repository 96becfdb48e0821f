#include "common/cli.hpp"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <map>
#include <optional>
#include <ratio>
#include <sstream>
#include <system_error>

#include "common/error.hpp"
#include "common/process.hpp"
#include "common/report.hpp"

namespace common {
namespace {

using Microseconds = std::chrono::duration<double, std::micro>;

const std::map<std::string, Microseconds> kUnits = {
    {"us", std::chrono::microseconds(1)},
    {"ms", std::chrono::milliseconds(1)},
    {"s", std::chrono::seconds(1)},
};
constexpr Microseconds kLongestDelay = std::chrono::hours(24);

/// The number that `text` is: digits, and nothing else. CLI11's own reading has other rules: to it
/// "010" is eight, and "-3" very large.
std::optional<std::uint64_t> whole_number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string number_error(const std::string& text, std::uint64_t least, std::uint64_t most) {
  const auto value = whole_number(text);
  if (value && *value >= least && *value <= most) return "";
  if (most == std::numeric_limits<std::uint64_t>::max()) {
    return text + " is not a number of " + std::to_string(least) + " or more";
  }
  return text + " is not between " + std::to_string(least) + " and " + std::to_string(most);
}

template <class Number>
CLI::Option* add_number(CLI::App& app, const std::string& name, const std::string& what,
                        Number& value, std::uint64_t least, std::uint64_t most) {
  const auto store = [&value](const std::string& text) {
    value = static_cast<Number>(*whole_number(text));
  };
  return app.add_option_function<std::string>(name, store, what)
      ->check([=](const std::string& text) { return number_error(text, least, most); })
      ->type_name("N")
      ->default_str(std::to_string(value));
}

/// What is wrong with "5" or "-5s"; nothing is wrong with "250ms", and `delay` becomes that.
std::string read_delay(const std::string& text, Microseconds& delay) {
  // strtod takes more than digits and a point: "0x10", "1e3", "nan", " 5".
  const std::string digits = text.substr(0, text.find_first_not_of("0123456789."));
  char* after_number = nullptr;
  const double number = std::strtod(digits.c_str(), &after_number);
  const auto unit = kUnits.find(text.substr(digits.size()));
  if (digits.empty() || *after_number != '\0' || unit == kUnits.end()) {
    return text + " is not a number with a unit, us, ms or s: 2s, 250ms, 40us";
  }
  delay = number * unit->second;
  if (delay <= kLongestDelay) return "";
  return text + " is not between 0s and a day";
}

std::string delay_error(const std::string& text) {
  Microseconds delay{};
  return read_delay(text, delay);
}

/// The kernel asks for a peer in whole seconds.
std::string peer_timeout_error(const std::string& text) {
  Microseconds time{};
  const std::string error = read_delay(text, time);
  const bool too_short = time > Microseconds::zero() && time < std::chrono::seconds(1);
  if (error.empty() && too_short) return text + " is less than a second; 0s is for ever";
  return error;
}

/// 300 milliseconds are "0.3s".
std::string in_seconds(Duration delay) {
  std::ostringstream seconds;
  seconds << std::chrono::duration<double>(delay).count() << 's';
  return seconds.str();
}

/// A flag for a time, of which `error` says what is wrong with it.
void add_time(CLI::App& app, const std::string& name, const std::string& what, Duration& time,
              std::string (*error)(const std::string&)) {
  const auto store = [&time](const std::string& text) {
    Microseconds value{};
    read_delay(text, value);
    time = std::chrono::duration_cast<Duration>(value);
  };
  app.add_option_function<std::string>(name, store, what)
      ->check(error)
      ->type_name("TIME")
      ->default_str(in_seconds(time));
}

/// CLI11 lists what is left over, and backwards; the first is the one that went wrong.
std::string what_is_wrong(const CLI::App& app, const CLI::Error& error) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return error.what();
  const std::string first = app.remaining().front();
  return first.starts_with("-") ? "there is no flag " + first : "what is " + first + "?";
}

std::string failure_line(const CLI::App* app, const CLI::Error& error) {
  return app->get_name() + ": " + what_is_wrong(*app, error) + " (" + app->get_name() +
         " --help lists the flags)\n";
}

/// CLI11's help, with one blank line between two paragraphs, where some versions have two. And with
/// the command to try in one line, as it was written, where some fill lines as with prose.
class Help : public CLI::Formatter {
 public:
  std::string make_footer(const CLI::App* /*app*/) const override { return ""; }
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    std::string help = Formatter::make_help(app, std::move(name), mode);
    help += "\n" + app->get_footer() + "\n";
    for (std::size_t at = 0; (at = help.find("\n\n\n", at)) != std::string::npos;)
      help.erase(at, 1);
    return help;
  }
};

/// What was printed goes out now. Only then it may turn out that the disk is full.
void flush_output() {
  errno = 0;
  const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (failed) throw_error(errno != 0 ? errno : EIO, "write standard output");
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
  parser_->app.formatter(std::make_shared<Help>());
}

CommandLine::~CommandLine() = default;

void CommandLine::add_endpoint(Endpoint& endpoint) {
  parser_->app.add_option("--host", endpoint.host, "name or address, IPv4 or IPv6")
      ->type_name("HOST")
      ->capture_default_str();
  add_number(parser_->app, "--port", "TCP or UDP port; 0 lets a server pick a free one",
             endpoint.port, 0, std::numeric_limits<std::uint16_t>::max())
      ->type_name("PORT");
}

void CommandLine::add_delay(Duration& delay, const std::string& what, const std::string& name) {
  add_time(parser_->app, name, what + ": 2s, 250ms, 40us", delay, delay_error);
}

void CommandLine::add_peer_timeout(Duration& timeout) {
  add_time(parser_->app, "--peer-timeout",
           "give up a peer whose system is silent for so long; 0s: never", timeout,
           peer_timeout_error);
}

void CommandLine::add_connections(std::uint64_t& connections) {
  add_number(parser_->app, "--connections", "stop after so many (UDP: datagrams)", connections, 1,
             connections)
      ->default_str("");
}

void CommandLine::add_clients(std::uint64_t& clients) {
  add_count("--clients", "connections at the same time", clients);
}

void CommandLine::add_count(const std::string& name, const std::string& what, std::uint64_t& value,
                            std::uint64_t least, std::uint64_t most,
                            const std::string& environment) {
  add_number(parser_->app, name, what, value, least, most)->envname(environment);
}

void CommandLine::add_choice(const std::string& name, const std::string& what,
                             const std::vector<std::string>& words,
                             const std::function<void(std::size_t)>& chosen,
                             const std::string& environment) {
  const auto take = [=](const std::string& word) {
    chosen(static_cast<std::size_t>(std::find(words.begin(), words.end(), word) - words.begin()));
  };
  parser_->app.add_option_function<std::string>(name, take, what)
      ->check(CLI::IsMember(words))
      ->type_name("")
      ->envname(environment)
      ->default_str(words.front());
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
    prepare_process();
    const int status = parse_and_run(argc, argv, program);
    flush_output();
    return status;
  } catch (const WrongUsage& error) {
    print_line(error.what());
    return kWrongUsage;
  } catch (const std::exception& error) {
    print_line(error.what());
    return 1;
  }
}

int CommandLine::parse_and_run(int argc, char** argv, const std::function<int()>& program) {
  try {
    parser_->app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parser_->app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  return program();
}

}  // namespace common
