// Apple's signing server as an engine sees it through http_proxy: a POST of a property list, answered with a ticket for
// that Mac and that nonce. On a port of the loopback. It signs what the IPSW says of itself and nothing else.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <vector>

#include "hw/async/task_group.hpp"
#include "tests/support/model_firmware.hpp"

namespace greenroom::test {

class TssStandIn {
 public:
  TssStandIn(asio::any_io_executor, const ModelFirmware&);
  // Turn the loop until this says true, before it goes.
  void end();
  [[nodiscard]] bool ended() const { return tasks_.size() == 0; }

  // http_proxy to here, https_proxy to where nobody listens: 1.0.0 tries https and addresses of Apple's first.
  [[nodiscard]] std::vector<std::string> proxies() const;

  std::vector<std::uint64_t> signed_for;  // ECIDs, one for each ticket that restores
  std::vector<std::string> wrong;         // what a signing server would not have signed

 private:
  asio::awaitable<void> listen();
  asio::awaitable<void> serve(asio::ip::tcp::socket);
  std::string answer(const std::string& body);
  [[nodiscard]] bool for_recovery_os(const Plist& request) const;
  Plist ticket_of(const Plist& request);
  [[nodiscard]] std::string what_is_wrong(const Plist& request) const;
  [[nodiscard]] std::string policy_is_wrong(const Plist& request) const;

  const ModelFirmware& firmware_;
  asio::ip::tcp::acceptor acceptor_;
  TaskGroup tasks_;
};

}  // namespace greenroom::test
