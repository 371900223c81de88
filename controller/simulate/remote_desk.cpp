#include "controller/simulate/remote_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace greenroom::sim {
namespace {

using Json = nlohmann::json;

// Between two looks at the screens: a second of the room, and never so often that looking is the service's main work.
constexpr Duration look_again = std::chrono::seconds{1};
constexpr double least_look_s = 0.05;  // of real time
constexpr double answer_wait_s = 30;   // of real time: a service that writes to a slow disk may take a while
constexpr double ask_again_s = 0.2;    // of real time

std::string get(const char* path) { return Json{{"method", "GET"}, {"path", path}}.dump() + "\n"; }

std::string text_of(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string{};
}
std::uint64_t number_of(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
}

// The list of that name in a good answer; nothing otherwise.
std::optional<Json> list_of(const std::string& line, const char* name) {
  Json said = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!said.is_object() || number_of(said, "status") != 200 || !said["body"].is_object()) return std::nullopt;
  Json& list = said["body"][name];
  return list.is_array() ? std::optional(std::move(list)) : std::nullopt;
}

std::string post(const Command& c) {
  Json body{{"type", to_string(c.kind)}, {"key", c.key}, {"by", c.by}};
  if (!c.label.empty()) body["label"] = c.label;
  if (!c.serial.empty()) body["serial"] = c.serial;
  if (!c.text.empty()) body["text"] = c.text;
  if (c.number != 0 || c.kind == CommandKind::battery) body["number"] = c.number;
  for (const ExpectedRow& r : c.rows) {
    body["rows"].push_back({{"row", r.row},
                            {"asset_tag", r.asset_tag},
                            {"serial", r.serial},
                            {"model", r.model},
                            {"model_number", r.model_number},
                            {"status", r.status},
                            {"location", r.location},
                            {"notes", r.notes}});
  }
  const Json whole{{"method", "POST"}, {"path", "/api/v1/commands"}, {"body", std::move(body)}};
  return whole.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// FNV-1a: the same rows have the same name, in every process.
std::string name_of(const std::vector<ExpectedRow>& rows) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const ExpectedRow& row : rows) {
    for (const char c : row.serial + "\n") hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace

RemoteDesk::RemoteDesk(asio::any_io_executor executor, Clock& clock, const RoomSetup& setup, std::string data, double speed,
                       std::string life)
    : executor_(std::move(executor)),
      clock_(clock),
      setup_(setup),
      socket_(std::move(data) + "/greenroom.sock"),
      speed_(speed),
      life_(std::move(life)),
      state_(initial_state(setup)) {}

asio::awaitable<void> RemoteDesk::watch() {
  std::shared_ptr<LocalLink> link;
  while (!over_) {
    const TimePoint began = clock_.now();
    bool good = true;
    if (!link || !link->open()) {
      auto opened = LocalLink::connect(executor_, clock_, socket_);
      good = opened.has_value();
      if (good) link = std::move(*opened);
    }
    const std::pair<const char*, bool (RemoteDesk::*)(const std::string&)> screens[] = {
        {"/api/v1/chores", &RemoteDesk::read_chores},
        {"/api/v1/slots", &RemoteDesk::read_slots},
        {"/api/v1/power", &RemoteDesk::read_power}};
    for (const auto& [path, read] : screens) {
      if (!good) break;
      std::string question = get(path);
      const auto line = co_await request(link, std::move(question));
      if (!line && line.error().code == Errc::cancelled) co_return;
      good = line && (this->*read)(*line);
    }
    lit_ = good;
    if (!good) link.reset();
    const TimePoint now = clock_.now();
    const Duration rest = std::max({look_again, seconds_of(least_look_s * speed_), (now - began) * 4});
    if (const auto slept = co_await clock_.sleep_until(now + rest); !slept) co_return;
  }
}

asio::awaitable<void> RemoteDesk::import(std::vector<ExpectedRow> rows) {
  Command command;
  command.kind = CommandKind::import_batch;
  command.key = "import-" + name_of(rows);
  command.by = "batch lead";
  command.text = "returns-" + name_of(rows).substr(0, 6);
  command.rows = std::move(rows);
  const auto answer = co_await ask_until_answered(std::move(command));
  static_cast<void>(answer);
}

Task<Answer> RemoteDesk::ask(Command command) {
  command.key = life_ + "-" + command.key;
  co_return co_await ask_until_answered(std::move(command));
}

Task<Answer> RemoteDesk::ask_until_answered(Command command) {
  const std::string line = post(command);
  while (true) {
    auto link = LocalLink::connect(executor_, clock_, socket_);
    if (link) {
      std::string question = line;
      const auto said = co_await request(*link, std::move(question));
      if (!said && said.error().code == Errc::cancelled) co_return fail(said.error());
      const Json answer = said ? Json::parse(*said, nullptr, /*allow_exceptions=*/false) : Json();
      const Json body = answer.is_object() && answer.contains("body") ? answer["body"] : Json();
      if (body.is_object() && body.contains("accepted")) {
        Answer good;
        good.accepted = body["accepted"] == true;
        good.words = text_of(body, "words");
        good.seq = static_cast<Seq>(number_of(body, "seq"));
        co_return good;
      }
      // Not understood, or its key means something else: asking again would change nothing.
      if (answer.is_object() && number_of(answer, "status") / 100 == 4) {
        Answer bad;
        bad.words = text_of(body, "error");
        co_return bad;
      }
    }
    if (const auto slept = co_await clock_.sleep_until(clock_.now() + seconds_of(ask_again_s * speed_)); !slept)
      co_return fail(slept.error());
  }
}

Task<std::string> RemoteDesk::request(std::shared_ptr<LocalLink> link, std::string line) {
  if (const auto sent = link->write(std::move(line)); !sent) co_return fail(sent.error());
  co_return co_await link->read_line(clock_.now() + seconds_of(answer_wait_s * speed_));
}

bool RemoteDesk::read_chores(const std::string& line) {
  const auto list = list_of(line, "chores");
  if (!list) return false;
  std::vector<Chore> seen;
  for (const Json& each : *list) {
    const auto owner = owner_from(text_of(each, "owner"));
    if (!owner) continue;
    Chore chore;
    chore.visit = number_of(each, "visit");
    chore.serial = text_of(each, "serial");
    chore.slot = text_of(each, "slot");
    chore.owner = *owner;
    chore.words = text_of(each, "words");
    chore.kind = text_of(each, "kind");
    chore.to = text_of(each, "to");
    seen.push_back(std::move(chore));
  }
  chores_ = std::move(seen);
  return true;
}

bool RemoteDesk::read_slots(const std::string& line) {
  const auto list = list_of(line, "slots");
  if (!list) return false;
  for (const Json& each : *list) {
    const std::string name = text_of(each, "slot");
    const auto& slots = setup_.room.slots;
    const auto slot = std::find_if(slots.begin(), slots.end(), [&](const Slot& s) { return s.name == name; });
    if (slot == slots.end()) continue;
    const auto visit = each.find("visit");
    state_.visits.slots[static_cast<std::size_t>(slot - slots.begin())].visit =
        visit != each.end() && visit->is_object() ? number_of(*visit, "visit") : 0;
  }
  return true;
}

bool RemoteDesk::read_power(const std::string& line) {
  const auto list = list_of(line, "to_do");
  if (!list) return false;
  const auto told = [&](const char* kind, const std::string& about) {
    return std::any_of(list->begin(), list->end(),
                       [&](const Json& job) { return text_of(job, "kind") == kind && text_of(job, "about") == about; });
  };
  const Room& room = setup_.room;
  PowerState& power = state_.power;
  for (std::size_t i = 0; i < room.circuits.size(); ++i)
    power.circuits[i].needs_person = told("tripped", room.circuits[i].name);
  for (std::size_t i = 0; i < room.pdus.size(); ++i) power.pdus[i].read_only = told("read_only", room.pdus[i].name);
  for (std::size_t i = 0; i < room.outlets.size(); ++i) {
    power.outlets[i].proven = !told("unproven", room.outlets[i].name);
    power.outlets[i].foreign_off = told("switched_off", room.outlets[i].name);
  }
  return true;
}

}  // namespace greenroom::sim
