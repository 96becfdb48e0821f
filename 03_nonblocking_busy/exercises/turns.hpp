// Exercise: turns. What do the others get while one client never stops talking?
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>

/// One connection that the loop looks after.
struct Talk {
  /// As `common::try_read` on the connection's socket, which may be a function of a test's.
  std::function<std::optional<std::size_t>(std::span<char>)> read;
  std::string bytes = {};  ///< what it has said so far
  bool ended = false;      ///< the end of file was read: there is nothing more to be read
};

/// How many bytes one talk may say in one turn of the loop.
inline constexpr std::size_t kMost = std::size_t{64} * 1024;

/// One turn of the loop: everybody may speak, and nobody for longer than `kMost` bytes. Who has
/// said less is read until a read would block, or until its end of file, which is not read twice.
///
/// Returns false if everybody has been heard: the next turn has to wait for something to come. True
/// if somebody was interrupted, and may have more to say that nobody will tell of.
bool turn(std::span<Talk> talks);
