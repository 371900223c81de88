#include "controller/simulate/engine_desk.hpp"

#include <nlohmann/json.hpp>

namespace greenroom::sim {
namespace {

using Json = nlohmann::json;

// A restore OS whose host went away gives up and restarts (assumption); auto-boot is false, so it comes back in recovery.
constexpr Duration gives_up = std::chrono::seconds{60};

Json no(const Error& error) { return {{"ok", false}, {"code", to_string(error.code)}, {"error", error.message}}; }
// What a client sends may be of any type: what does not fit counts as not given.
std::string text(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string{};
}
std::uint64_t number(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
}
bool flag(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_boolean() && at->get<bool>();
}

Json outcome(const Result<void>& done) { return done ? Json{{"ok", true}} : no(done.error()); }

}  // namespace

EngineDesk::Session::~Session() {
  const auto mac = mac_ ? mac_->mac() : std::nullopt;
  if (!mac) return;
  EngineDesk* desk = &desk_;
  --desk->taken_[*mac];
  if (in_restore_os_) return;  // its other connection ends as well, and that one sees to the Mac
  desk->clock_.call_at(desk->clock_.now() + gives_up, [desk, still = std::weak_ptr(desk->alive_), mac = *mac] {
    if (still.expired() || desk->taken_[mac] > 0) return;
    if (desk->plant_.mac(mac).mode == model::Mode::restore) static_cast<void>(desk->plant_.press_power(mac));
  });
}

std::string EngineDesk::Session::answer(std::string_view request) {
  const Json asked = Json::parse(request, nullptr, /*allow_exceptions=*/false);
  const auto reply = [&]() -> Json {
    if (!asked.is_object()) return no(Error(Errc::protocol, "a request is one JSON object"));
    const std::string what = text(asked, "do");
    if (what == "engine" && !mac_) {
      run_ = number(asked, "run");
      mac_.emplace(desk_.clock_, desk_.plant_, desk_.shares_, run_);
      const auto subject = mac_->find(Ecid{number(asked, "ecid")});
      if (!subject) return no(Error(Errc::device_gone, "the world has no Mac of that ECID"));
      ++desk_.taken_[*mac_->mac()];
      Json told{{"ok", true}, {"model", subject->model}, {"t2", subject->t2}, {"serial", subject->serial}};
      if (in_restore_os_) return told;  // drawn once for each run
      const model::EngineFault fault = desk_.plant_.next_engine_fault();
      told["fault"] = static_cast<int>(fault.kind);
      told["fault_at"] = fault.at;
      return told;
    }
    if (!mac_ || !mac_->mac()) return no(Error(Errc::refused, "say first which Mac this is about"));
    if (what == "share") return {{"ok", true}, {"sharing", mac_->share(text(asked, "upstream"))}};
    if (what == "port_in") {
      const auto mode = static_cast<model::Mode>(number(asked, "mode"));
      const bool allowed = in_restore_os_ == (mode == model::Mode::restore);
      const auto port = allowed ? mac_->port_in(mode) : std::nullopt;
      return port ? Json{{"ok", true}, {"in", port->text()}} : Json{{"ok", true}};
    }
    const auto port = PortPath::parse(text(asked, "port"));
    if (!port) return no(port.error());
    if (what == "send" && !in_restore_os_) {
      const auto image = text(asked, "image") == "ibss" ? EngineImage::ibss : EngineImage::restore_os;
      const auto shows = mac_->send(image, *port);
      return shows ? Json{{"ok", true}, {"shows_us", shows->count()}} : no(shows.error());
    }
    if (what == "start_restore" && in_restore_os_) {
      const bool erase = flag(asked, "erase");
      return outcome(mac_->start_restore(*port, erase ? model::EraseKind::erase : model::EraseKind::revive));
    }
    if (what == "finish" && in_restore_os_) {
      const auto done = mac_->finish(*port, flag(asked, "with_os"));
      if (done && desk_.on_finish) desk_.on_finish(*mac_->mac(), run_);
      return outcome(done);
    }
    return no(Error(Errc::refused, "there is no request \"" + what + "\" on this side of the gate"));
  };
  return reply().dump();
}

}  // namespace greenroom::sim
