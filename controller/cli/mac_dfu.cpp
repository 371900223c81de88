// greenroom mac dfu | put-back
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/this_coro.hpp>
#include <nlohmann/json.hpp>

#include "config/macs.hpp"
#include "controller/cli/mac_port.hpp"
#include "controller/cli/mac_verbs.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/usb_host.hpp"

namespace greenroom::cli {
namespace {

using Json = nlohmann::ordered_json;

struct MacWork {
  const char* verb;
  MacPort port;
  MacOptions options;
};

Task<void> enter(asio::any_io_executor executor, UsbBus& bus, UsbTable& table, Clock& clock, const MacWork& work) {
  if (const auto known = co_await usb_settled(table, clock); !known) co_return known;
  const MacsFile macs = load_macs();
  // A laptop that is switched off shows nothing: an empty port is no error here.
  std::optional<UsbRow> before;
  if (auto row = mac_at(table, work.port.path, macs.models)) before = std::move(*row);
  UsbMacActions actions(bus, table, clock, dfu_means(work.port, before, macs.models, std::move(executor), clock, work.verb));
  const TimePoint deadline = clock.now() + seconds_of(work.options.within_s);
  const auto arrived = co_await actions.enter_dfu(work.port.path, deadline);
  if (!arrived) co_return fail(arrived.error());
  const auto now = mac_at(table, work.port.path, macs.models);
  if (!now) co_return fail(now.error());
  co_return put_out(work.options.json ? json_of(*now) + "\n" : fmt::format("{}\n{}\n", heading_of_rows(), text_of(*now)));
}

std::string put_back_words(const UsbRow& was, bool json) {
  if (!json) return fmt::format("port {}: the Mac has left {}\n", was.device.path.text(), to_string(*was.mode));
  Json object = Json::parse(json_of(was));
  object["was"] = object["mode"];
  object["mode"] = Json();
  object["left"] = true;
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Task<void> put_back(asio::any_io_executor executor, UsbBus& bus, UsbTable& table, Clock& clock, const MacWork& work) {
  if (const auto known = co_await usb_settled(table, clock); !known) co_return known;
  const MacsFile macs = load_macs();
  const auto row = mac_at(table, work.port.path, macs.models);
  if (!row) co_return fail(row.error());
  UsbMacActions actions(bus, table, clock, dfu_means(work.port, *row, macs.models, std::move(executor), clock, work.verb));
  const TimePoint deadline = clock.now() + seconds_of(work.options.within_s);
  const MacMode mode = *row->mode;
  const bool in_dfu = mode == MacMode::dfu || mode == MacMode::kis || mode == MacMode::port_dfu;
  Result<void> left;
  if (in_dfu) left = co_await actions.leave_dfu(work.port.path, deadline);
  else left = co_await actions.put_back(work.port.path, deadline);
  if (!left) co_return left;
  co_return put_out(put_back_words(*row, work.options.json));
}

using Work = Task<void> (*)(asio::any_io_executor, UsbBus&, UsbTable&, Clock&, const MacWork&);

int run(const char* verb, const char* words, double within_s, Work work, const std::vector<std::string>& arguments) {
  MacOptions options;
  CLI::App app{words, verb};
  add_mac_options(app, options);
  add_dfu_options(app, options, within_s);
  if (const auto code = parsed(app, arguments)) return *code;
  auto port = mac_port(options);
  if (!port) return refused(verb, port.error());
  const MacWork all{verb, std::move(*port), options};
  return with_mac(verb, all.port.path, [&all, work](UsbBus& bus, UsbTable& table, Clock& clock) -> Task<void> {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    co_return co_await work(executor, bus, table, clock, all);
  });
}

}  // namespace

int mac_dfu(const std::vector<std::string>& arguments) {
  return run("greenroom mac dfu",
             "Brings the Mac at a port into DFU, in up to three tries, and ends when it shows DFU there. One that is in DFU "
             "already is made ready for an upload.",
             300, enter, arguments);
}

int mac_put_back(const std::vector<std::string>& arguments) {
  return run("greenroom mac put-back",
             "A Mac in recovery: auto-boot true, read back, saved, and restarted. One in DFU is restarted by the message of "
             "its slot, or by you. Ends when it has left. Nothing is erased.",
             120, put_back, arguments);
}

}  // namespace greenroom::cli
