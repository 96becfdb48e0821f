// Exercise: a door. What does a listener do to a loop that has no descriptor left for whoever
// knocks?
#pragma once

#include <utility>
#include <vector>

#include "../epoll.hpp"
#include "common/fd.hpp"

/// A listener on an epoll list, level-triggered. Whoever cannot be let in waits in the kernel's
/// queue, and the listener stays readable: a loop that goes on asking about it never sleeps again.
///
/// So the door is shut when descriptors run out (`common::out_of_resources`), and open again when
/// one is closed. (A real server opens it also after a while: others may have closed theirs.)
class Door {
 public:
  /// The nonblocking `listener` is watched for EPOLLIN under the token kListener. `epoll` outlives
  /// this object.
  Door(Epoll& epoll, common::Fd listener) : epoll_(epoll), listener_(std::move(listener)) {
    epoll_.watch(watch_, listener_.get(), EPOLLIN, kListener);
  }

  /// To be called when epoll tells of kListener. Takes in all that wait, and returns them; those
  /// for whom there is no descriptor go on waiting, and no event tells of them until `closed` is
  /// called. Throws std::system_error for anything else.
  std::vector<common::Fd> let_in();

  /// To be called when a connection's descriptor has been closed, at any time. Whoever knocked in
  /// vain is announced again. (Where the kernel was told nothing new, `watch` makes no system
  /// call.)
  void closed();

 private:
  Epoll& epoll_;
  common::Fd listener_;
  Watch watch_;
};
