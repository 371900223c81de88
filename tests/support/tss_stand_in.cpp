#include "tests/support/tss_stand_in.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <iterator>

#include "tests/support/img4.hpp"
#include "tests/support/restore_script.hpp"

namespace greenroom::test {

using asio::ip::tcp;

namespace {

constexpr const char* of_recovery_os[] = {"Ap,SystemVolumeCanonicalMetadata",
                                          "DeviceTree",
                                          "KernelCache",
                                          "OS",
                                          "RestoreTrustCache",
                                          "StaticTrustCache",
                                          "SystemVolume",
                                          "iBoot"};

}  // namespace

TssStandIn::TssStandIn(asio::any_io_executor executor, const ModelFirmware& firmware)
    : firmware_(firmware), acceptor_(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), tasks_(executor) {
  tasks_.spawn(listen());
}

void TssStandIn::end() { tasks_.cancel(); }

std::vector<std::string> TssStandIn::proxies() const {
  return {fmt::format("http_proxy=http://127.0.0.1:{}", acceptor_.local_endpoint().port()),
          "https_proxy=http://127.0.0.1:1"};
}

asio::awaitable<void> TssStandIn::listen() {
  try {
    for (;;) tasks_.spawn(serve(co_await acceptor_.async_accept(asio::use_awaitable)));
  } catch (const boost::system::system_error&) {  // cancelled
  }
}

asio::awaitable<void> TssStandIn::serve(tcp::socket socket) {
  try {
    std::string text;
    for (;;) {
      const std::size_t head =
          co_await asio::async_read_until(socket, asio::dynamic_buffer(text), "\r\n\r\n", asio::use_awaitable);
      const auto field = text.find("Content-Length: ");
      const bool asked = text.rfind("POST http://gs.apple.com/TSS/controller?action=2 HTTP/1.1\r\n", 0) == 0 ||
                         text.rfind("POST /TSS/controller?action=2 HTTP/1.1\r\n", 0) == 0;  // git's -s
      if (!asked || field > head) {
        wrong.push_back("a request of another kind: " + text.substr(0, text.find('\r')));
        co_return;
      }
      const std::size_t size = std::strtoul(text.c_str() + field + 16, nullptr, 10);
      if (text.size() < head + size)
        co_await asio::async_read(socket, asio::dynamic_buffer(text), asio::transfer_exactly(head + size - text.size()),
                                  asio::use_awaitable);
      const std::string body = answer(text.substr(head, size));
      text.erase(0, head + size);
      const std::string reply = fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
      co_await asio::async_write(socket, asio::buffer(reply), asio::use_awaitable);
    }
  } catch (const boost::system::system_error&) {  // the engine has its answer and left, or cancelled
  }
}

std::string TssStandIn::answer(const std::string& body) {
  const auto request = parse_plist(body);
  const std::string why = request ? what_is_wrong(*request) : "no property list";
  if (!why.empty()) {
    wrong.push_back(why);
    return "STATUS=94&MESSAGE=This device isn't eligible for the requested build.";
  }
  const Plist ticket = ticket_of(*request);
  return "STATUS=0&MESSAGE=SUCCESS&REQUEST_STRING=" + print_plist(ticket);
}

// The ticket of the recovery system that stays behind is for fewer, and for the system image, which a Mac's other is not
// (seen of git builds; for a T2, 1.0.0 sends it along).
bool TssStandIn::for_recovery_os(const Plist& request) const { return firmware_.apple_silicon() && request.contains("OS"); }

Plist TssStandIn::ticket_of(const Plist& request) {
  if (request.contains("@Cryptex1,Ticket")) return {{"Cryptex1,Ticket", plist_data(cryptex_ticket(firmware_.chip))}};
  if (request.contains("@USBPortController1,Ticket")) {
    const auto port = request.at("USBPortController1,ECID").get<std::uint64_t>();
    const Octets nonce = data_in(request, "USBPortController1,Nonce");
    return {{"USBPortController1,Ticket", plist_data(ticket_for(port, nonce, TicketKind::port_controller))}};
  }
  const auto ecid = request.at("ApECID").get<std::uint64_t>();
  const auto signs = [&](const Octets& nonce, TicketKind kind) {
    return Plist{{"ApImg4Ticket", plist_data(ticket_for(ecid, nonce, kind))}};
  };
  const Octets nonce = data_in(request, "ApNonce");
  if (request.value("Ap,LocalBoot", false)) return signs(data_in(request, "Ap,VolumeUUID"), TicketKind::recovery_os_policy);
  if (request.contains("Ap,LocalPolicy")) return signs(nonce, TicketKind::local_policy);
  if (for_recovery_os(request)) return signs(nonce, TicketKind::recovery_os);
  signed_for.push_back(ecid);
  return signs(nonce, TicketKind::restore);
}

std::string TssStandIn::what_is_wrong(const Plist& request) const {
  const auto number = [&request](const char* key) -> std::uint64_t {
    const auto found = request.find(key);
    return found != request.end() && found->is_number() ? found->get<std::uint64_t>() : 0;
  };
  if (request.contains("@USBPortController1,Ticket"))
    return number("USBPortController1,ECID") != 0 && !data_in(request, "USBPortController1,Nonce").empty()
               ? ""
               : "a port controller without its ECID or nonce";
  if (number("ApChipID") != firmware_.chip || number("ApBoardID") != firmware_.board_id) return "another chip or board";
  if (request.contains("@Cryptex1,Ticket")) return number("Cryptex1,ChipID") != 0 ? "" : "no Cryptex1 chip";
  if (number("ApECID") == 0) return "no ECID";
  if (request.contains("Ap,LocalPolicy")) return policy_is_wrong(request);
  if (data_in(request, "UniqueBuildID") != firmware_.unique_build) return "another build";
  if (data_in(request, "ApNonce").empty() || data_in(request, "SepNonce").empty()) return "a nonce is missing";
  const bool recovery_os = for_recovery_os(request);
  for (const Component& c : firmware_.components) {
    const bool of_it = std::count(std::begin(of_recovery_os), std::end(of_recovery_os), c.name) > 0;
    if (recovery_os ? !of_it : !c.trusted()) continue;
    const auto found = request.find(c.name);
    if (found == request.end()) return c.name + " is missing";
    if (data_in(*found, "Digest") != firmware_.digest(c)) return c.name + " has another digest";
  }
  return "";
}

// The policy of the restore names the ticket that was just given; that of the recovery system, what the Mac named.
std::string TssStandIn::policy_is_wrong(const Plist& request) const {
  const Octets next = data_in(request, "Ap,NextStageIM4MHash"), nonce = data_in(request, "ApNonce");
  if (data_in(request.at("Ap,LocalPolicy"), "Digest") != firmware_.digest(firmware_.at("Ap,LocalPolicy")))
    return "another policy";
  if (request.value("Ap,LocalBoot", false)) {
    const RecoveryPolicy policy;
    return next == policy.next_stage && data_in(request, "Ap,RecoveryOSPolicyNonceHash") == policy.nonce &&
                   data_in(request, "Ap,VolumeUUID").size() == 16
               ? ""
               : "not what the Mac named for its recovery system";
  }
  const Octets ticket = ticket_for(request.at("ApECID").get<std::uint64_t>(), nonce);
  Octets hash(SHA384_DIGEST_LENGTH);
  SHA384(ticket.data(), ticket.size(), hash.data());
  return next == hash ? "" : "a policy for another ticket";
}

}  // namespace greenroom::test
