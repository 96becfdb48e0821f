// Where is what a read has brought? In a buffer that the thread lends, for as long as it is needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace runtime {

/// Bytes that have come, in a buffer of `kRoom`. The buffer is taken when they have come, from
/// those that the thread keeps, and goes back there with the end of this object: so who waits holds
/// none, and who works asks no allocator. Move-only; moved from, it is empty.
class Bytes {
 public:
  static constexpr std::size_t kRoom = 16 * 1024;

  /// No bytes, and no buffer.
  Bytes() = default;
  /// Calls `read` with `kRoom` bytes of room, which tells how many it has filled. Errors: those of
  /// `read`; std::bad_alloc.
  template <class Read>
  static Bytes from(Read read) {
    Bytes bytes;
    bytes.buffer_ = lend();
    bytes.size_ = static_cast<std::uint32_t>(read(std::span<char>(bytes.buffer_, kRoom)));
    return bytes;
  }
  Bytes(Bytes&& other) noexcept
      : buffer_(std::exchange(other.buffer_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Bytes& operator=(Bytes other) noexcept {
    std::swap(buffer_, other.buffer_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Bytes() {
    if (buffer_ != nullptr) give_back(buffer_);
  }

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  operator std::string_view() const { return {buffer_, size_}; }
  friend bool operator==(const Bytes& bytes, std::string_view text) {
    return std::string_view(bytes) == text;
  }

 private:
  static char* lend();
  static void give_back(char* buffer) noexcept;

  char* buffer_ = nullptr;
  std::uint32_t size_ = 0;
};

}  // namespace runtime
