// A machine on which threads wait for a core. Loaded before a program (LD_PRELOAD), it makes a
// thread now and then stand still when it has read the clock, for longer than most sleeps in the
// tests: what is taken to follow at once then does not.

#include <dlfcn.h>

#include <ctime>
#include <random>

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto real =
      reinterpret_cast<decltype(&clock_gettime)>(dlsym(RTLD_NEXT, "clock_gettime"));
  const int result = real(clock, time);
  thread_local std::minstd_rand random(std::random_device{}());
  if (random() % 4 == 0) {
    const timespec pause{.tv_sec = 0, .tv_nsec = static_cast<long>(random() % 12'000'000)};
    nanosleep(&pause, nullptr);
  }
  return result;
}
