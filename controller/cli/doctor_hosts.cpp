// A TLS connection to each host, by the way that the engine would take, and who vouches for its certificate.
#include <fmt/format.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <sstream>

#include "controller/cli/doctor_child.hpp"
#include "controller/cli/doctor_look.hpp"

namespace greenroom::cli {
namespace {

constexpr HostStage stages[] = {HostStage::resolve, HostStage::connect, HostStage::proxy, HostStage::tls, HostStage::done};

// A child's words, a line each: "stage N", "error TEXT", "issuer NAME", "trusted", "name_fits".
void tell(int out, const std::string& line) {
  const std::string whole = line + "\n";
  static_cast<void>(write(out, whole.data(), whole.size()));
}
void tell(int out, HostStage stage) { tell(out, fmt::format("stage {}", static_cast<int>(stage))); }

struct Address {
  std::string host, port;
};

// "[::1]:3128", "10.0.0.1:3128"
Address split(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return {host, text.substr(colon + 1)};
}

// The first of its addresses that answers.
int reach(int out, const Address& address) {
  tell(out, HostStage::resolve);
  struct addrinfo hints {};
  hints.ai_socktype = SOCK_STREAM;
  struct addrinfo* found = nullptr;
  if (const int error = getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found); error != 0)
    return tell(out, fmt::format("error {}", gai_strerror(error))), -1;
  tell(out, HostStage::connect);
  int last = 0;
  for (const struct addrinfo* one = found; one != nullptr; one = one->ai_next) {
    const int fd = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
    if (fd >= 0 && connect(fd, one->ai_addr, one->ai_addrlen) == 0) return fd;
    last = errno;
    if (fd >= 0) close(fd);
  }
  return tell(out, fmt::format("error {}", std::strerror(last))), -1;
}

// RFC 9110, 9.3.6: anything but a 2xx is a refusal.
bool pass_proxy(int out, int fd, const HostAsked& asked) {
  tell(out, HostStage::proxy);
  const std::string request = fmt::format("CONNECT {0}:{1} HTTP/1.1\r\nHost: {0}:{1}\r\n\r\n", asked.host, asked.port);
  static_cast<void>(write(fd, request.data(), request.size()));
  std::string answer;
  char byte = 0;
  while (answer.size() < 8192 && answer.find("\r\n\r\n") == std::string::npos && read(fd, &byte, 1) == 1) answer += byte;
  if (answer.compare(0, 5, "HTTP/") == 0 && answer.find(" 2") == answer.find(' ')) return true;
  const std::string line = answer.substr(0, std::min(answer.find_first_of("\r\n"), std::size_t{80}));
  tell(out, "error " + (line.empty() ? "it hangs up" : line));
  return false;
}

std::string issuer_of(X509* certificate) {
  char text[128] = "";
  X509_NAME* name = X509_get_issuer_name(certificate);
  if (X509_NAME_get_text_by_NID(name, NID_organizationName, text, sizeof text) <= 0)
    X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof text);
  for (char* c = text; *c != '\0'; ++c) {
    if (static_cast<unsigned char>(*c) < 0x20) *c = ' ';
  }
  return *text != '\0' ? text : "nobody";
}

void speak_tls(int out, int fd, const std::string& host) {
  tell(out, HostStage::tls);
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());  // ends with this process
  SSL_CTX_set_default_verify_paths(context);
  SSL* tls = SSL_new(context);
  SSL_set_tlsext_host_name(tls, host.c_str());
  SSL_set_fd(tls, fd);
  if (SSL_connect(tls) != 1) {
    const unsigned long error = ERR_get_error();
    const char* reason = ERR_reason_error_string(error);
    return tell(out, fmt::format("error {}", reason != nullptr ? reason : "it hangs up"));
  }
  X509* certificate = SSL_get1_peer_certificate(tls);
  if (certificate == nullptr) return tell(out, "error it has no certificate");
  tell(out, "issuer " + issuer_of(certificate));
  if (SSL_get_verify_result(tls) == X509_V_OK) tell(out, "trusted");
  const bool named = X509_check_host(certificate, host.c_str(), host.size(), 0, nullptr) == 1;
  if (named || X509_check_ip_asc(certificate, host.c_str(), 0) == 1) tell(out, "name_fits");
  tell(out, HostStage::done);
}

void ask(int out, const HostAsked& asked) {
  signal(SIGPIPE, SIG_IGN);
  const bool proxied = !asked.proxy.empty();
  const int fd = reach(out, proxied ? split(asked.proxy) : Address{asked.host, std::to_string(asked.port)});
  if (fd < 0 || (proxied && !pass_proxy(out, fd, asked))) return;
  speak_tls(out, fd, asked.host);
}

HostSeen read_words(const HostAsked& asked, const Child::Heard& heard) {
  HostSeen seen;
  seen.host = asked.host;
  seen.port = asked.port;
  seen.proxy = asked.proxy;
  std::istringstream lines(heard.text);
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, 6, "stage ") == 0) seen.reached = stages[(line[6] - '0') % 5];
    else if (line.compare(0, 6, "error ") == 0) seen.error = line.substr(6);
    else if (line.compare(0, 7, "issuer ") == 0) seen.issuer = line.substr(7);
    else if (line == "trusted") seen.trusted = true;
    else if (line == "name_fits") seen.name_fits = true;
  }
  seen.timed_out = !heard.in_time && seen.error.empty();
  if (seen.error.empty()) seen.error = "it ended without a word";
  return seen;
}

}  // namespace

std::vector<HostSeen> look_at_hosts(std::span<const HostAsked> all, int patience_s) {
  std::vector<Child> children;
  children.reserve(all.size());
  for (const HostAsked& asked : all) children.emplace_back([&asked](int out) { ask(out, asked); });
  const auto deadline = Child::Clock::now() + std::chrono::seconds{patience_s};
  std::vector<HostSeen> seen;
  for (std::size_t i = 0; i < all.size(); ++i) seen.push_back(read_words(all[i], children[i].hear_until(deadline)));
  return seen;
}

}  // namespace greenroom::cli
