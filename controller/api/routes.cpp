#include "controller/api/routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "config/reader/reader.hpp"
#include "controller/api/command_form.hpp"
#include "controller/api/openapi.hpp"
#include "controller/api/parts.hpp"
#include "controller/api/route_table.hpp"
#include "controller/journal/fact_json.hpp"

namespace greenroom {
namespace {

using api::Json;

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
  if (!path.starts_with(api_root)) return t;
  path.remove_prefix(api_root.size());
  const std::size_t slash = path.find('/');
  t.what = path.substr(0, slash);
  const auto which = unescaped(slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1));
  if (!which || (slash != std::string_view::npos && which->empty())) return t;  // "slots/" is no slot, and not all of them
  t.which = *which;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
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

// Text from outside, made short enough to be told back.
std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", text.substr(0, 80)); }

ApiResponse no_such(std::string_view kind, const std::string& name, const std::vector<std::string>& known) {
  const auto guess = nearest(name, known);
  return wrong(404, fmt::format("there is no {} {}{}", kind, in_quotes(name),
                                guess ? fmt::format("; did you mean {}?", in_quotes(*guess)) : std::string()));
}

// A number of the query, which fits(); `otherwise` where it was not asked for.
std::uint64_t number_in(const Target& t, std::string_view name, std::uint64_t otherwise) {
  const auto at = t.query.find(name);
  if (at != t.query.end()) std::from_chars(at->second.data(), at->second.data() + at->second.size(), otherwise);
  return otherwise;
}

const QueryForm* query_form(const RouteForm& form, std::string_view name) {
  const auto at = std::find_if(form.query.begin(), form.query.end(), [&](const QueryForm& q) { return q.name == name; });
  return at == form.query.end() ? nullptr : &*at;
}

Error takes_no(const RouteForm& form, const std::string& name) {
  std::vector<std::string> known;
  for (const QueryForm& q : form.query) known.emplace_back(q.name);
  std::string words = fmt::format("{} takes no {}", form.path, in_quotes(name));
  if (const auto guess = nearest(name, known)) words += fmt::format("; did you mean {}?", in_quotes(*guess));
  else if (!known.empty()) words += fmt::format("; it takes {}", fmt::join(known, ", "));
  return {Errc::usage, words};
}

// Every name that was asked for is one of the route's, and its value a number within its bounds.
Result<void> fits(const RouteForm& form, const Target& t) {
  if (!t.known) return fail(Errc::usage, "after a % in a path stand two hexadecimal digits");
  for (const auto& [name, text] : t.query) {
    const QueryForm* q = query_form(form, name);
    if (q == nullptr) return fail(takes_no(form, name));
    std::uint64_t value{};
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && stop == text.data() + text.size() && value >= q->least && value <= q->most) continue;
    const std::string bounds = q->most == largest_number ? std::string() : fmt::format(" to {}", q->most);
    return fail(Errc::usage,
                fmt::format("\"{}\" must be a whole number from {}{}, not {}", name, q->least, bounds, in_quotes(text)));
  }
  return {};
}

// ---- what is answered

template <Json (*part)(const RoomView&)>
ApiResponse listing(const RoomView& v, const Target&) {
  return answer(part(v));
}

ApiResponse slot(const RoomView& v, const Target& t) {
  const auto at = v.state.visits.slot_names.find(t.which);
  if (at != v.state.visits.slot_names.end()) return answer(api::slot_json(v, at->second));
  std::vector<std::string> known;
  for (const Slot& s : v.setup.room.slots) known.push_back(s.name);
  return no_such("slot", t.which, known);
}

ApiResponse batch(const RoomView& v, const Target& t) {
  std::vector<std::string> known;
  for (std::uint32_t i = 0; i < v.state.visits.batches.size(); ++i) {
    if (v.state.visits.batches[i].name == t.which) return answer(api::batch_json(v, i));
    known.push_back(v.state.visits.batches[i].name);
  }
  return no_such("batch", t.which, known);
}

ApiResponse cases(const RoomView& v, const Target& t) { return answer(api::cases_json(v, number_in(t, "all", 0) == 1)); }

ApiResponse room(const RoomView& v, const Target&) {
  return answer({{"seq", v.state.last_seq}, {"state", api::room_json(v)}});
}

ApiResponse document(const RoomView&, const Target&) { return {200, openapi_document()}; }

ApiResponse facts(const RoomView& v, const Target& t) {
  const Seq from = std::max<Seq>(number_in(t, "from", 1), 1);
  const auto read = v.journal.read(from, std::min<std::size_t>(number_in(t, "limit", most_facts_a_page), most_facts_a_page));
  if (!read) return wrong(500, read.error().message);
  // Each line is JSON already, and exactly what the chain hashed.
  std::string body = "{\"facts\":[";
  for (const Fact& fact : *read) body += (body.back() == '[' ? "" : ",") + to_json_line(fact);
  const Seq next = read->empty() ? from : read->back().seq + 1;
  return {200, body + fmt::format("],\"next\":{}}}", next)};
}

constexpr std::array cases_query{QueryForm{"all", "1: closed ones as well", 0, 1}};
constexpr std::array facts_query{
    QueryForm{"from", "the first fact (1)", 0, largest_number},
    QueryForm{"limit", "how many at most (1000); no page has more than 1000", 1, largest_number}};
constexpr std::array watch_query{QueryForm{"from", "the first fact (the next that comes)", 0, largest_number}};
constexpr std::array events_query{
    QueryForm{"from", "the first fact (the next that comes); Last-Event-ID goes before it", 0, largest_number},
    QueryForm{"last", "begins so many facts before the end, 1000 at most", 0, largest_number}};

constexpr std::array routes{
    RouteForm{"GET", "status", "how the room stands, as counts", "status", {}, listing<api::status_json>},
    RouteForm{"GET", "slots", "every slot, as the room file orders them", "slots", {}, listing<api::slots_json>},
    RouteForm{"GET", "slots/{slot}", "one slot", "slot", {}, slot},
    RouteForm{"GET", "circuits", "every circuit: its load against its limits", "circuits", {}, listing<api::circuits_json>},
    RouteForm{"GET", "pdus", "every PDU: does it answer, who is it", "pdus", {}, listing<api::pdus_json>},
    RouteForm{"GET", "power", "what facilities must see to; protected outlets", "power", {}, listing<api::power_json>},
    RouteForm{"GET", "batches", "every batch, as counts", "batches", {}, listing<api::batches_json>},
    RouteForm{"GET", "batches/{batch}", "one batch with each of its Macs", "batch_with_rows", {}, batch},
    RouteForm{"GET", "cases", "exceptions and who sees to them", "cases", cases_query, cases},
    RouteForm{"GET", "chores", "what people do next", "chores", {}, listing<api::chores_json>},
    RouteForm{"GET", "room", "all of these at one moment", "room", {}, room},
    RouteForm{"GET", "facts", "a page of the journal", "facts", facts_query, facts},
    RouteForm{"GET", "openapi.json", "this document", "document", {}, document},
    RouteForm{"GET", "events", "facts and changes as they come", "events", events_query},
    RouteForm{"GET", "watch", "facts as they come, over the local socket", {}, watch_query, nullptr, false},
    RouteForm{"POST", "commands", "tells the room one thing", "answer", {}}};

std::string_view head_of(const RouteForm& form) { return form.path.substr(0, form.path.find('/')); }

// Of this target; nothing when there is none.
const RouteForm* form_of(const Target& t) {
  const auto at = std::find_if(routes.begin(), routes.end(), [&](const RouteForm& form) {
    return head_of(form) == t.what && form.path.ends_with('}') == !t.which.empty();
  });
  return at == routes.end() ? nullptr : &*at;
}

ApiResponse no_route(const Target& t) {
  std::vector<std::string> known;
  for (const RouteForm& form : routes) {
    if (head_of(form) == t.what) return wrong(404, fmt::format("{} has no parts; {} is none", t.what, in_quotes(t.which)));
    known.push_back(fmt::format("{}{}", api_root, head_of(form)));
  }
  return no_such("path", fmt::format("{}{}", api_root, t.what), known);
}

}  // namespace

std::span<const RouteForm> route_forms() { return routes; }

Route routed(const ApiRequest& request) {
  const Target t = target_of(request.path);
  if (!t.known || !t.which.empty()) return Route::plain;
  if (request.method == "POST" && t.what == "commands") return Route::commands;
  return request.method == "GET" && t.what == "watch" ? Route::watch : Route::plain;
}

ApiResponse handle(const ApiRequest& request, const RoomView& v) {
  const Target t = target_of(request.path);
  if (!t.known) return wrong(404, fmt::format("there is no path {}; all begin with {}", in_quotes(request.path), api_root));
  const RouteForm* form = form_of(t);
  if (form == nullptr) return no_route(t);
  if (request.method != form->method) {
    return wrong(405, form->method == "POST" ? "commands are sent with POST"
                                             : t.what + " is read with GET; only commands are sent, with POST");
  }
  if (form->answer == nullptr) return wrong(404, "events are told over HTTP; here it is GET /api/v1/watch");
  if (const auto good = fits(*form, t); !good) return refusal(good.error());
  return form->answer(v, t);
}

Result<Command> command_of(const ApiRequest& request, const RoomView& v) {
  const Target t = target_of(request.path);
  if (const auto good = fits(*form_of(t), t); !good) return fail(good.error());
  auto command = command_from_json(request.body);
  if (!command) return command;
  const auto taken = v.state.visits.commands.find(command->key);
  if (taken != v.state.visits.commands.end() && taken->second.command != to_string(command->kind)) {
    return fail(Errc::refused, fmt::format("the key {} was used for {} before; a new command needs a new key",
                                           in_quotes(command->key), taken->second.command));
  }
  return command;
}

ApiResponse wrong(int status, std::string_view words) { return {status, printed(Json{{"error", words}})}; }

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
  const Target t = target_of(request.path);
  if (const auto good = fits(*form_of(t), t); !good) return fail(good.error());
  const Seq next = v.health.durable + 1;
  const Seq from = std::max<Seq>(number_in(t, "from", next), 1);
  if (from <= next) return from;
  return fail(Errc::usage, fmt::format("fact {} is not there, the last one is {}: is it a number of another journal? Watch "
                                       "from {} or before",
                                       from, v.health.durable, next));
}

Result<Seq> events_from(const std::string& target, const std::string& last_id, const RoomView& v) {
  const Seq next = v.health.durable + 1;
  Target t = target_of(target);
  if (!last_id.empty()) t.query = {{"from", last_id}};
  if (const auto good = fits(*form_of(t), t); !good) return fail(good.error());
  const Seq from = number_in(t, "from", next);
  if (!last_id.empty()) return std::min(from + 1, next);
  if (t.query.contains("last")) return next - std::min<Seq>({number_in(t, "last", 0), most_facts_a_page, v.health.durable});
  return std::clamp<Seq>(from, 1, next);
}

}  // namespace greenroom
