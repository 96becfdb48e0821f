// What may a client expect of a server? That it speaks its protocol, the same in every chapter.
#pragma once

#include <map>
#include <string>

namespace lab {

enum class Protocol {
  start_end,  ///< to each connection "start N", later "end N", and then its end
  echo,       ///< of a connection every byte comes back, in order
  datagrams,  ///< each comes back to its sender
  broadcast,  ///< what one says comes to all, itself included
};

/// Which program of a chapter speaks which.
inline const std::map<std::string, Protocol> kProtocols = {
    {"server", Protocol::start_end},           {"echo_server", Protocol::echo},
    {"udp_echo", Protocol::datagrams},         {"udp_echo_select", Protocol::datagrams},
    {"udp_echo_poller", Protocol::datagrams},  {"udp_echo_mpsc", Protocol::datagrams},
    {"broadcast_server", Protocol::broadcast},
};

}  // namespace lab
