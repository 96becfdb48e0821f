// Who is the last to use a thing that many share? A count inside the thing knows.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace runtime {

/// A base for what is shared through `Ref`, the first one where there are others: g++ 16 takes any
/// other for the middle of an object, and warns of its `delete`. It begins with a count of one,
/// which `Ref::adopt` takes over.
class RefCounted {
 public:
  RefCounted() = default;
  RefCounted(RefCounted&&) = delete;
  virtual ~RefCounted() = default;

  // Relaxed: whoever adds one holds one already, so nothing is learned from it.
  void add_ref() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  // Everything done with the object happens before its end.
  void release() noexcept {
    if (count_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  std::atomic<std::uint32_t> count_ = 1;
};

/// Shares a T that counts its users itself, in one pointer: half a std::shared_ptr, and it can be
/// made again from a plain reference. T has `add_ref()` and `release()`.
template <class T>
class Ref {
 public:
  Ref() = default;
  /// One user more.
  explicit Ref(T& object) : object_(&object) { object_->add_ref(); }
  /// Takes over the count of one that a new object begins with.
  static Ref adopt(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  Ref(const Ref& other) : object_(other.object_) {
    if (object_ != nullptr) object_->add_ref();
  }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  /// By value: serves copies and moves, and lets go of the old object last.
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) object_->release();
  }

  /// Gives up the object without letting go of it, for `adopt`.
  [[nodiscard]] T* leak() noexcept { return std::exchange(object_, nullptr); }
  [[nodiscard]] T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

}  // namespace runtime
