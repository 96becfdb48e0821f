// Where is a server troubled? Here: it runs, somebody polite asks something of it, and what comes
// of all is judged.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cell.hpp"
#include "client.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/server.hpp"

namespace matrix {

/// One column of the table: a chapter, and the flags that its servers get.
struct Column {
  std::string name;
  std::filesystem::path directory;
  std::vector<std::string> flags;
  std::string server = "server";  ///< what its start/end server is called
  bool catches_sigterm = true;    ///< otherwise only the rows about SIGTERM ask how it ends

  /// The file of a server, which may not be there.
  [[nodiscard]] std::filesystem::path file(const std::string& program) const {
    return directory / (program == "server" ? server : program);
  }
};

/// A server in trouble.
class Scene {
 public:
  using Flags = std::vector<std::string>;

  /// `before`, if given, is a command that becomes the server: what that says is then not heard.
  Scene(const Column& column, std::string program, const Flags& flags = {},
        const Flags& before = {});

  lab::Server& server() { return server_; }
  [[nodiscard]] pid_t pid() const { return server_.pid(); }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  /// Connects somebody who may be up to anything.
  [[nodiscard]] lab::Peer connect() const { return lab::Peer(port()); }
  /// Connects somebody polite.
  [[nodiscard]] std::unique_ptr<Client> connect_polite_client() const {
    return make_client(lab::kProtocols.at(program_), port());
  }

  /// False for a server that never sleeps, trouble or not.
  [[nodiscard]] bool rests() const { return rests_; }
  /// The number of the first connection of the trouble.
  [[nodiscard]] int first_connection() const { return first_connection_; }

  /// A polite client comes and asks. If it is let wait, that is noted, and it stays.
  void serve_polite_client();
  /// The server has nothing to do: if it does not sleep, that is noted.
  void expect_rest();
  /// Waits until `client`, who has asked, hears something: false if the server lets it wait.
  bool hears(Client& client) const;
  /// Notes that something is wrong, unless `right`.
  void expect(bool right, const std::string& what);
  /// Stops the server, which must end with exit status 0.
  void stop();
  /// The same, if it was told to stop already.
  void expect_end();
  /// Stops the server, again and again, until that ends it.
  void stop_at_once();

  /// Makes trouble when the server is ready, and then sees if the server still does what it is for.
  Cell judge(const std::function<void(Scene&)>& trouble);

 private:
  void wait_until_ready();
  void note(Outcome outcome, const std::string& why);
  void recover();
  /// Why was the exception thrown?
  void explain(const std::exception& error);

  const std::string program_;
  const bool catches_sigterm_;
  lab::Server server_;
  std::vector<std::unique_ptr<Client>> waiting_;
  bool rests_ = true;
  int first_connection_ = 1;
  bool stopped_ = false;
  Cell cell_;
};

}  // namespace matrix
