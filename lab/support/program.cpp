#include "lab/support/program.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/process.hpp"
#include "common/socket.hpp"

namespace lab {
namespace {

struct Pipe {
  common::Fd read_end;
  common::Fd write_end;
};

Pipe make_pipe() {
  int ends[2];
  common::check(::pipe2(ends, O_CLOEXEC), "pipe2");
  return {common::Fd(ends[0]), common::Fd(ends[1])};
}

/// Sets a limit if there is a value for it: false, with errno, if that fails.
bool limit(__rlimit_resource_t resource, const std::optional<rlim_t>& value) {
  if (!value) return true;
  const rlimit both{*value, *value};
  return ::setrlimit(resource, &both) == 0;
}

/// The child's part, between fork and exec: only calls that are safe there, and no exception, which
/// would make the child go on with the parent's work. Returns if a call fails.
void become(char* const* argv, const Limits& limits, int input, int out, int err) {
  // A test that is killed takes its programs with it.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) == -1) return;
  // Tests let strace trace it. Where it may do so only for its own children, it is allowed here,
  // and elsewhere this fails, which is fine: see ptrace(2), ptrace_scope.
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  if (!reset_signals()) return;
  if (::dup2(input, STDIN_FILENO) == -1 || ::dup2(out, STDOUT_FILENO) == -1 ||
      ::dup2(err, STDERR_FILENO) == -1) {
    return;
  }
  // Descriptors that a test runner left open are not the program's: they would eat into its limit.
  if (::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == -1) return;
  if (!limit(RLIMIT_AS, limits.address_space) || !limit(RLIMIT_NOFILE, limits.open_files)) return;
  ::execvp(argv[0], argv);
}

std::string line_of(const std::string& text, const std::string& prefix) {
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    if (text.compare(begin, prefix.size(), prefix) == 0) return text.substr(begin, end - begin);
  }
  return {};
}

std::string proc(pid_t pid, const std::string& file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

std::string status_field(pid_t pid, const std::string& name) {
  std::ifstream status(proc(pid, "status"));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
  }
  throw std::runtime_error("no " + name + " in " + proc(pid, "status"));
}

}  // namespace

bool reset_signals() noexcept {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
}

pid_t fork_to_wait_for() {
  if (::signal(SIGCHLD, SIG_DFL) == SIG_ERR) common::throw_error(errno, "signal SIGCHLD");
  return common::check(::fork(), "fork");
}

Program::Program(std::vector<std::string> command, const Limits& limits, int input)
    : name_(command.at(0)) {
  std::vector<char*> argv;
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);

  Pipe out = make_pipe();
  Pipe err = make_pipe();
  Pipe stop = make_pipe();
  Pipe failure = make_pipe();  // closed by exec; carries errno if there is none
  const common::Fd null(common::check(::open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null"));

  pid_ = fork_to_wait_for();
  if (pid_ == 0) {
    become(argv.data(), limits, input == -1 ? null.get() : input, out.write_end.get(),
           err.write_end.get());
    const int code = errno;
    [[maybe_unused]] const ssize_t told = ::write(failure.write_end.get(), &code, sizeof code);
    ::_exit(127);
  }
  failure.write_end.reset();
  int code = 0;
  const std::span<char> bytes(reinterpret_cast<char*>(&code), sizeof code);
  if (common::read_some(failure.read_end.get(), bytes) != 0) {
    ::waitpid(pid_, nullptr, 0);
    common::throw_error(code, "run " + name_);
  }

  out_.fd = std::move(out.read_end);
  err_.fd = std::move(err.read_end);
  stop_read_ = std::move(stop.read_end);
  stop_write_ = std::move(stop.write_end);
  common::set_nonblocking(out_.fd.get());
  common::set_nonblocking(err_.fd.get());
  pump_ = std::thread([this] { pump(); });
}

Program::~Program() {
  if (!reaped_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  stop_write_.reset();
  if (pump_.joinable()) pump_.join();
}

void Program::signal(int number) const {
  common::check(::kill(pid_, number), "kill");
}

/// Collects both streams until they end or `stop_write_` is closed.
void Program::pump() {
  bool stopped = false;
  while (!stopped && (out_.open || err_.open)) {
    std::array<pollfd, 3> fds = {pollfd{out_.open ? out_.fd.get() : -1, POLLIN, 0},
                                 pollfd{err_.open ? err_.fd.get() : -1, POLLIN, 0},
                                 pollfd{stop_read_.get(), POLLIN, 0}};
    common::check(common::retry([&] { return ::poll(fds.data(), fds.size(), -1); }), "poll");
    stopped = fds[2].revents != 0;
    drain(out_);
    drain(err_);
  }
}

void Program::drain(Stream& stream) {
  std::array<char, 64 * 1024> buffer;
  while (stream.open) {
    const auto size = common::try_read(stream.fd.get(), buffer);
    if (!size) return;
    {
      const std::lock_guard lock(mutex_);
      stream.text.append(buffer.data(), *size);
      stream.open = *size != 0;
    }
    changed_.notify_all();
  }
}

std::string Program::wait_for_line(const Stream& stream, const std::string& prefix,
                                   common::Duration patience) {
  std::unique_lock lock(mutex_);
  std::string line;
  changed_.wait_for(lock, patience, [&] {
    line = line_of(stream.text, prefix);
    return !line.empty() || !stream.open;
  });
  if (!line.empty()) return line;
  throw TimeLimit(name_ + " wrote no line that starts with \"" + prefix + "\" but:\n" + out_.text +
                  err_.text);
}

std::string Program::wait_for_error(const std::string& prefix, common::Duration patience) {
  return wait_for_line(err_, prefix, patience);
}

std::string Program::wait_for_output(const std::string& prefix, common::Duration patience) {
  return wait_for_line(out_, prefix, patience);
}

std::uint16_t Program::port() {
  const std::string line = wait_for_error("listening on ");
  return static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
}

std::string Program::out() const {
  const std::lock_guard lock(mutex_);
  return out_.text;
}

std::string Program::err() const {
  const std::lock_guard lock(mutex_);
  return err_.text;
}

Result Program::wait(common::Duration patience) {
  // A pidfd becomes readable when the process ends: waitpid(2) itself knows no time limit.
  const common::Fd pidfd(
      static_cast<int>(common::check(::syscall(SYS_pidfd_open, pid_, 0), "pidfd_open")));
  pollfd ended{pidfd.get(), POLLIN, 0};
  const int ready = common::check(
      common::retry([&] { return ::poll(&ended, 1, common::whole_milliseconds(patience)); }),
      "poll");
  if (ready == 0) signal(SIGKILL);

  int status = 0;
  rusage usage{};
  common::check(common::retry([&] { return ::wait4(pid_, &status, 0, &usage); }), "wait4");
  reaped_ = true;
  stop_write_.reset();
  pump_.join();
  if (ready == 0) throw TimeLimit(name_ + " did not end; it wrote:\n" + out_.text + err_.text);

  Result result;
  if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  result.out = out_.text;
  result.err = err_.text;
  for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
    result.cpu += std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  }
  result.voluntary_switches = static_cast<std::uint64_t>(usage.ru_nvcsw);
  result.involuntary_switches = static_cast<std::uint64_t>(usage.ru_nivcsw);
  return result;
}

Result run(std::vector<std::string> command, const Limits& limits) {
  return Program(std::move(command), limits).wait();
}

bool has_open_files(rlim_t files) {
  common::raise_file_limit();
  rlimit limit{};
  common::check(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  if (limit.rlim_cur >= files) return true;
  std::printf("skipped: this needs %s open files, and %s are allowed\n",
              std::to_string(files).c_str(), std::to_string(limit.rlim_cur).c_str());
  return false;
}

bool has_ended(pid_t pid) {
  siginfo_t info{};
  common::check(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT),
                "waitid");
  return info.si_pid == pid;
}

std::size_t open_files(pid_t pid) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(proc(pid, "fd"))) {
    ++count;
  }
  return count;
}

std::size_t resident_bytes(pid_t pid) {
  return std::stoul(status_field(pid, "VmRSS")) * 1024;
}

std::size_t address_space(pid_t pid) {
  return std::stoul(status_field(pid, "VmSize")) * 1024;
}

std::size_t thread_count(pid_t pid) {
  return std::stoul(status_field(pid, "Threads"));
}

char state(pid_t pid) {
  return status_field(pid, "State").front();
}

bool all_threads_sleep(pid_t pid) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    if (state(std::stoi(task.path().filename())) != 'S') return false;
  }
  return true;
}

std::map<pid_t, common::Duration> awake_times(pid_t pid) {
  std::map<pid_t, common::Duration> times;
  for (const auto& task : std::filesystem::directory_iterator(proc(pid, "task"))) {
    std::ifstream schedstat(task.path() / "schedstat");
    std::int64_t ran = 0;
    std::int64_t queued = 0;
    if (!(schedstat >> ran >> queued)) continue;  // perhaps it has just ended
    times[std::stoi(task.path().filename())] = std::chrono::nanoseconds(ran + queued);
  }
  return times;
}

std::size_t voluntary_switches(pid_t pid) {
  return std::stoul(status_field(pid, "voluntary_ctxt_switches"));
}

common::Duration cpu_time(pid_t pid) {
  clockid_t clock{};
  const int code = ::clock_getcpuclockid(pid, &clock);
  if (code != 0) common::throw_error(code, "clock_getcpuclockid");
  timespec time{};
  common::check(::clock_gettime(clock, &time), "clock_gettime");
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

rlim_t set_limit(pid_t pid, __rlimit_resource resource, rlim_t value) {
  rlimit limit{};
  common::check(::prlimit(pid, resource, nullptr, &limit), "prlimit");
  const rlim_t before = std::exchange(limit.rlim_cur, value);
  common::check(::prlimit(pid, resource, &limit, nullptr), "prlimit");
  return before;
}

rlim_t set_file_limit(pid_t pid, rlim_t files) {
  return set_limit(pid, RLIMIT_NOFILE, files);
}

}  // namespace lab
