// How is a byte moved? read, write and their kin, with every outcome as a value or an exception.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <system_error>

#include "common/fd.hpp"
#include "common/socket.hpp"

namespace common {

// For nonblocking descriptors. Each of these returns its result, or std::nullopt when the call
// *would block* (EAGAIN): not an error, but "not now". Any other error is thrown as a
// std::system_error that names the call. EINTR is retried.

/// Reads at most `buffer.size()` bytes, which must not be 0. Returns how many came; 0 means that
/// the peer has sent all it had to send (end of file). See read(2).
std::optional<std::size_t> try_read(int fd, std::span<char> buffer);

/// Writes from `bytes` what the kernel takes now and returns how many bytes that was, often fewer
/// than asked: the rest is the caller's to keep. See write(2).
std::optional<std::size_t> try_write(int fd, std::span<const char> bytes);

/// Takes the next waiting connection off `listener`, as a nonblocking socket.
///
/// A connection that died while it waited (ECONNABORTED and the network errors that accept(2)
/// says to treat alike) is passed over. Where the system is out of descriptors or memory, that
/// is thrown: see `out_of_resources`.
std::optional<Fd> try_accept(int listener);

/// The longest datagram, by the 16 bits of UDP's length field. (Of these IPv4 leaves 65,507 to
/// use.)
inline constexpr std::size_t kLongestDatagram = 65'535;

/// One datagram: its bytes are in the buffer that was passed, this is the rest.
struct Datagram {
  std::size_t size = 0;
  Address sender;
};

// A datagram that cannot be delivered may come to light later: its receiver's host answers with an
// ICMP message. The socket keeps that error and hands it, once, to whichever call comes next, which
// may be about another peer. (Linux tells it only to connected sockets and to those with
// IP_RECVERR, see ip(7); other systems tell it to all.) So these two do not believe every error at
// once:

/// Receives one datagram. One longer than `buffer` is cut short, so pass `kLongestDatagram` bytes.
/// Errors of datagrams sent earlier (ECONNREFUSED, EHOSTUNREACH and their kin) are passed over, and
/// so is any other the first time: the second is thrown.
std::optional<Datagram> try_recv_from(int fd, std::span<char> buffer);

/// Sends one datagram, whole or not at all: true when sent, false when it would block. After an
/// error it tries once more: the first may have been an earlier datagram's, the second is thrown.
bool try_send_to(int fd, std::span<const char> bytes, const Address& receiver);

// For blocking descriptors: these wait.

/// Waits for bytes, reads at most `buffer.size()` of them, and returns how many: 0 is end of file.
std::size_t read_some(int fd, std::span<char> buffer);

/// Writes all of `bytes`, waiting as often as it takes.
void write_all(int fd, std::span<const char> bytes);

/// Not for a literal, whose terminating zero would be written, too: say std::string_view("…").
template <std::size_t size>
void write_all(int fd, const char (&literal)[size]) = delete;

/// Waits for a connection and takes it off `listener`, as a blocking socket; errors as in
/// `try_accept`.
Fd accept(int listener);

/// True for the errors that go away when something is closed or freed: EMFILE, ENFILE, ENOBUFS,
/// ENOMEM. A server pauses and tries again; see common/accept_pause.hpp.
bool out_of_resources(const std::error_code& code);

}  // namespace common
