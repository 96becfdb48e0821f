// Must not compile: see CMakeLists.txt. Who would catch what the move of a task's output throws,
// when the task has ended and nobody has joined it yet?
#include "runtime/runtime.hpp"

namespace {

struct Throws {
  Throws() = default;
  Throws(Throws&&) noexcept(false) {}
  Throws& operator=(Throws&&) noexcept(false) { return *this; }
};

runtime::Async<Throws> make() {
  co_return Throws();
}

}  // namespace

int main() {
  runtime::block_on(make());
}
