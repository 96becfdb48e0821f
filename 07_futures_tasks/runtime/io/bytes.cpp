#include "runtime/io/bytes.hpp"

namespace runtime {
namespace {

/// The buffers that a thread keeps, linked through their first bytes.
class Kept {
 public:
  ~Kept() {
    while (first_ != nullptr) delete[] take();
  }
  char* take() {
    if (first_ == nullptr) return new char[Bytes::kRoom];
    --count_;
    Free* const taken = first_;
    first_ = taken->next;
    return reinterpret_cast<char*>(taken);
  }
  void keep(char* buffer) {
    if (count_ == kMost) {
      delete[] buffer;
      return;
    }
    ++count_;
    first_ = new (buffer) Free{first_};
  }

 private:
  static constexpr int kMost = 16;
  struct Free {
    Free* next;
  };

  Free* first_ = nullptr;
  int count_ = 0;
};

thread_local Kept kept;

}  // namespace

char* Bytes::lend() {
  return kept.take();
}

void Bytes::give_back(char* buffer) noexcept {
  kept.keep(buffer);
}

}  // namespace runtime
