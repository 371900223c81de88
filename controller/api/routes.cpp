#include "controller/api/routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "config/reader/reader.hpp"
#include "controller/api/command_form.hpp"
#include "controller/api/parts.hpp"
#include "controller/journal/fact_json.hpp"

namespace greenroom {
namespace {

using api::Json;

constexpr std::string_view root = "/api/v1/";

// "slots/1-03?a=b" as its parts.
struct Target {
  std::string what, which;  // "slots", "1-03"
  std::map<std::string, std::string, std::less<>> query;
  bool known{};  // below the root, and well formed
};

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// "a%20b" -> "a b"; nothing when an escape is none (RFC 3986, 2.1).
std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
    i += 2;
  }
  return out;
}

Target target_of(std::string_view path) {
  Target t;
  const std::size_t mark = std::min(path.find('?'), path.size());
  std::string_view query = path.substr(std::min(mark + 1, path.size()));
  path = path.substr(0, mark);
  if (!path.starts_with(root)) return t;
  path.remove_prefix(root.size());
  const std::size_t slash = path.find('/');
  t.what = path.substr(0, slash);
  const auto which = unescaped(slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1));
  if (!which) return t;
  t.which = *which;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto value = unescaped(pair.substr(std::min(equals + 1, pair.size())));
    if (!value) return t;
    t.query.emplace(pair.substr(0, equals), *value);
  }
  t.known = true;
  return t;
}

std::string printed(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

ApiResponse answer(const Json& json) { return {200, printed(json)}; }
ApiResponse wrong(int status, std::string_view words) { return {status, printed(Json{{"error", words}})}; }

// Text from outside, made short enough to be told back.
std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", text.substr(0, 80)); }

ApiResponse no_such(std::string_view kind, const std::string& name, const std::vector<std::string>& known) {
  const auto guess = nearest(name, known);
  return wrong(404, fmt::format("there is no {} {}{}", kind, in_quotes(name),
                                guess ? fmt::format("; did you mean {}?", in_quotes(*guess)) : std::string()));
}

Result<std::uint64_t> number_in(const Target& t, std::string_view name, std::uint64_t otherwise) {
  const auto at = t.query.find(name);
  if (at == t.query.end()) return otherwise;
  const std::string& text = at->second;
  std::uint64_t value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size())
    return fail(Errc::usage, fmt::format("\"{}\" must be a whole number, not {}", name, in_quotes(text)));
  return value;
}

ApiResponse slot(const RoomView& v, const std::string& name) {
  const auto at = v.state.visits.slot_names.find(name);
  if (at != v.state.visits.slot_names.end()) return answer(api::slot_json(v, at->second));
  std::vector<std::string> known;
  for (const Slot& s : v.setup.room.slots) known.push_back(s.name);
  return no_such("slot", name, known);
}

ApiResponse batch(const RoomView& v, const std::string& name) {
  std::vector<std::string> known;
  for (std::uint32_t i = 0; i < v.state.visits.batches.size(); ++i) {
    if (v.state.visits.batches[i].name == name) return answer(api::batch_json(v, i));
    known.push_back(v.state.visits.batches[i].name);
  }
  return no_such("batch", name, known);
}

ApiResponse facts(const RoomView& v, const Target& t) {
  const auto from = number_in(t, "from", 1);
  const auto limit = number_in(t, "limit", most_facts_a_page);
  if (!from || !limit) return refusal(from ? limit.error() : from.error());
  const auto read = v.journal.read(std::max<Seq>(*from, 1), std::min<std::size_t>(*limit, most_facts_a_page));
  if (!read) return wrong(500, read.error().message);
  // Each line is JSON already, and exactly what the chain hashed.
  std::string body = "{\"facts\":[";
  for (const Fact& fact : *read) body += (body.back() == '[' ? "" : ",") + to_json_line(fact);
  const Seq next = read->empty() ? std::max<Seq>(*from, 1) : read->back().seq + 1;
  return {200, body + fmt::format("],\"next\":{}}}", next)};
}

const std::vector<std::string> known_routes{"status", "slots", "circuits", "pdus",  "batches", "cases",
                                            "chores", "power", "room",     "facts", "watch",   "commands"};

}  // namespace

Route routed(const ApiRequest& request) {
  const Target t = target_of(request.path);
  if (!t.known || !t.which.empty()) return Route::plain;
  if (request.method == "POST" && t.what == "commands") return Route::commands;
  return request.method == "GET" && t.what == "watch" ? Route::watch : Route::plain;
}

ApiResponse handle(const ApiRequest& request, const RoomView& v) {
  const Target t = target_of(request.path);
  if (!t.known) return wrong(404, "there is no path " + in_quotes(request.path) + "; all begin with " + std::string(root));
  if (std::find(known_routes.begin(), known_routes.end(), t.what) == known_routes.end())
    return no_such("path", std::string(root) + t.what, [] {
      std::vector<std::string> full;
      for (const std::string& r : known_routes) full.push_back(std::string(root) + r);
      return full;
    }());
  if (t.what == "commands") return wrong(405, "commands are sent with POST");
  if (request.method != "GET") return wrong(405, t.what + " is read with GET; only commands are sent, with POST");
  if (t.what == "slots" && !t.which.empty()) return slot(v, t.which);
  if (t.what == "batches" && !t.which.empty()) return batch(v, t.which);
  if (!t.which.empty()) return wrong(404, fmt::format("{} has no parts; {} is none", t.what, in_quotes(t.which)));
  if (t.what == "status") return answer(api::status_json(v));
  if (t.what == "slots") return answer(api::slots_json(v));
  if (t.what == "circuits") return answer(api::circuits_json(v));
  if (t.what == "pdus") return answer(api::pdus_json(v));
  if (t.what == "batches") return answer(api::batches_json(v));
  if (t.what == "cases") return answer(api::cases_json(v, t.query.contains("all")));
  if (t.what == "chores") return answer(api::chores_json(v));
  if (t.what == "power") return answer(api::power_json(v));
  if (t.what == "room") return answer({{"seq", v.state.last_seq}, {"state", api::room_json(v)}});
  return facts(v, t);
}

Result<Command> command_of(const ApiRequest& request, const RoomView& v) {
  auto command = command_from_json(request.body);
  if (!command) return command;
  const auto taken = v.state.visits.commands.find(command->key);
  if (taken != v.state.visits.commands.end() && taken->second.command != to_string(command->kind)) {
    return fail(Errc::refused, fmt::format("the key {} was used for {} before; a new command needs a new key",
                                           in_quotes(command->key), taken->second.command));
  }
  return command;
}

ApiResponse refusal(const Error& e) {
  switch (e.code) {
    case Errc::usage: return wrong(400, e.message);
    case Errc::refused: return wrong(409, e.message);
    case Errc::busy: return wrong(503, e.message);
    default: return wrong(500, e.message);
  }
}

ApiResponse to_response(const Answer& a, std::string_view key) {
  return {a.accepted ? 200 : 409, printed(Json{{"accepted", a.accepted}, {"words", a.words}, {"seq", a.seq}, {"key", key}})};
}

Result<Seq> watch_from(const ApiRequest& request, const RoomView& v) {
  const auto from = number_in(target_of(request.path), "from", v.health.durable + 1);
  if (!from) return fail(from.error());
  return std::max<Seq>(*from, 1);
}

Result<Seq> events_from(const std::string& target, const std::string& last_id, const RoomView& v) {
  const Seq next = v.health.durable + 1;
  Target t = target_of(target);
  if (!last_id.empty()) t.query = {{"from", last_id}};
  const auto from = number_in(t, "from", next);
  if (!from) return fail(from.error());
  if (!last_id.empty()) return std::min(*from + 1, next);
  const auto last = number_in(t, "last", 0);
  if (!last) return fail(last.error());
  if (t.query.contains("last")) return next - std::min<Seq>({*last, most_facts_a_page, v.health.durable});
  return std::clamp<Seq>(*from, 1, next);
}

}  // namespace greenroom
