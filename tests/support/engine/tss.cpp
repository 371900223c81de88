#include "tests/support/engine/tss.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace greenroom::test::engine {
namespace {

// http://127.0.0.1:PORT; -1 where nobody is there.
int connect_to(const std::string& url) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::size_t colon = url.rfind(':');
  if (url.rfind("http://127.0.0.1:", 0) != 0) return -1;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(url.c_str() + colon + 1)));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

std::optional<Plist> ask_tss(const std::string& server, const Plist& request) {
  const char* proxy = std::getenv("http_proxy");
  const bool direct = !server.empty();
  const int fd = connect_to(direct ? server : proxy != nullptr ? proxy : "");
  if (fd < 0) return std::nullopt;
  const std::string body = print_plist(request);
  const std::string all =
      std::string("POST ") + (direct ? "" : "http://gs.apple.com") +
      "/TSS/controller?action=2 HTTP/1.1\r\nUser-Agent: InetURL/1.0\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  static_cast<void>(send(fd, all.data(), all.size(), MSG_NOSIGNAL));
  std::string reply;
  shutdown(fd, SHUT_WR);
  char part[4096];
  for (ssize_t n = 0; (n = read(fd, part, sizeof part)) > 0;) reply.append(part, static_cast<std::size_t>(n));
  close(fd);
  const std::size_t xml = reply.find("<?xml");
  if (reply.find("MESSAGE=SUCCESS") == std::string::npos || xml == std::string::npos) return std::nullopt;
  return parse_plist(reply.substr(xml));
}

}  // namespace greenroom::test::engine
