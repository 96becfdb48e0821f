// Exercise: a gate. How does a server with a thread for each connection keep to a hundred threads?
#pragma once

#include <condition_variable>
#include <mutex>

/// Lets a fixed number in at the same time; the next one waits until somebody leaves.
///
/// The thread that accepts calls `enter` before it accepts, and a connection's thread calls `leave`
/// when it ends. Who waits for accept then waits in the kernel's queue, where waiting costs little.
/// Thread safety: any member may be called from any thread.
class Gate {
 public:
  /// At most `places`, which is at least 1, are inside at once.
  explicit Gate(int places) : free_places_(places) {}

  /// Waits for a free place and takes it.
  void enter();
  /// Gives a place back.
  void leave();

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  [[maybe_unused]] int free_places_;  // the starter does not use it yet
};
