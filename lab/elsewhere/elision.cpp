// Where is a coroutine's frame? On the heap, unless the compiler can prove that it need not be.
// This counts the allocations of one coroutine that is used up by its caller, and of one that
// awaits another.
//
//   g++ -std=c++20 -O2 lab/elsewhere/elision.cpp -o /tmp/elision && /tmp/elision

#include <coroutine>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {
int allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

/// A coroutine that belongs to whoever called it: it begins when it is awaited or resumed, ends
/// before its owner does, and goes on in whoever awaits it.
class Lazy {
 public:
  struct promise_type {
    struct Final {
      static bool await_ready() noexcept { return false; }
      static std::coroutine_handle<> await_suspend(
          std::coroutine_handle<promise_type> self) noexcept {
        const std::coroutine_handle<> caller = self.promise().caller;
        return caller ? caller : std::noop_coroutine();
      }
      static void await_resume() noexcept {}
    };

    Lazy get_return_object() {
      return Lazy(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    static std::suspend_always initial_suspend() noexcept { return {}; }
    static Final final_suspend() noexcept { return {}; }
    void return_value(int result) { value = result; }
    [[noreturn]] static void unhandled_exception() { std::abort(); }

    std::coroutine_handle<> caller;
    int value = 0;
  };

  explicit Lazy(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Lazy(Lazy&&) = delete;
  ~Lazy() { handle_.destroy(); }

  int run() {
    handle_.resume();
    return handle_.promise().value;
  }

  static bool await_ready() noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
    handle_.promise().caller = caller;
    return handle_;
  }
  int await_resume() { return handle_.promise().value; }

 private:
  std::coroutine_handle<promise_type> handle_;
};

Lazy one() {
  co_return 42;
}

Lazy two() {
  const int value = co_await one();
  co_return value;
}

}  // namespace

int main() {
  Lazy single = one();
  const bool right = single.run() == 42;
  const int of_one = allocations;
  Lazy pair = two();
  const bool both = right && pair.run() == 42;
  std::printf("one coroutine: %d, one that awaits another: %d\n", of_one, allocations - of_one);
  return both ? 0 : 1;
}
