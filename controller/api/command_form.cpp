#include "controller/api/command_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "config/reader/reader.hpp"

namespace greenroom {
namespace {

using Json = nlohmann::json;

constexpr int deepest = 4;  // {"rows":[{"serial":..}]} needs three

constexpr std::array import_fields{FieldForm{"text", "the batch's name"}, FieldForm{"rows", "the rows of the list"},
                                   FieldForm{"number", "when it is due, in seconds since 1970 (8 hours from now)", false}};
constexpr std::array scan_fields{FieldForm{"label", "a Mac's serial number or asset tag, or a slot's name"}};
constexpr std::array done_fields{FieldForm{"number", "the visit"}};
constexpr std::array failed_fields{FieldForm{"number", "the visit; 0 with a serial: nobody can find this Mac", false},
                                   FieldForm{"serial", "a Mac of the list that has no visit", false},
                                   FieldForm{"text", "what went wrong", false}};
constexpr std::array battery_fields{FieldForm{"serial", "the Mac"}, FieldForm{"number", "its charge in percent"}};
constexpr std::array serial_fields{FieldForm{"serial", "the Mac"}};
constexpr std::array why_fields{FieldForm{"serial", "the Mac"}, FieldForm{"text", "why"}};
constexpr std::array close_fields{FieldForm{"number", "the case"}, FieldForm{"text", "how it was solved", false}};
constexpr std::array place_fields{FieldForm{"label", "the outlet, PDU or circuit"}};
constexpr std::array limit_fields{FieldForm{"label", "the circuit"},
                                  FieldForm{"number", "the limit in milliamps; 0: back to the room file's"}};
constexpr std::array circuit_fields{FieldForm{"label", "the circuit"}};
constexpr std::array pdu_fields{FieldForm{"label", "the PDU"}};
constexpr std::array map_fields{FieldForm{"label", "the outlet"}, FieldForm{"text", "the slot that it feeds"}};
constexpr std::array open_fields{FieldForm{"label", "the outlet"}, FieldForm{"text", "the outlet's name again, to confirm"}};

constexpr std::array forms{
    CommandForm{CommandKind::import_batch, "opens a batch with the Macs of a list", import_fields},
    CommandForm{CommandKind::scan, "a label was scanned; a Mac's and a slot's within 30 s bind them", scan_fields},
    CommandForm{CommandKind::step_done, "ticks the step that a person does", done_fields},
    CommandForm{CommandKind::step_failed, "says that a step, or finding a Mac, went wrong: it becomes a case",
                failed_fields},
    CommandForm{CommandKind::battery, "tells a Mac's charge, as an MDM or agent saw it", battery_fields},
    CommandForm{CommandKind::mdm_seen, "tells that a Mac checked in with its own serial number", serial_fields},
    CommandForm{CommandKind::deny, "puts a Mac on the deny list: it is not erased", why_fields},
    CommandForm{CommandKind::lift_denial, "takes a Mac off the deny list", why_fields},
    CommandForm{CommandKind::close_case, "closes a case; a held Mac goes on", close_fields},
    CommandForm{CommandKind::lock_out, "locks an outlet, PDU or circuit out: nothing there is closed", place_fields},
    CommandForm{CommandKind::clear_lock, "clears a lock-out", place_fields},
    CommandForm{CommandKind::limit, "lowers a circuit's limit", limit_fields},
    CommandForm{CommandKind::restore_circuit, "a tripped circuit may be energised again", circuit_fields},
    CommandForm{CommandKind::clear_read_only, "a PDU that was switched by others may be switched again", pdu_fields},
    CommandForm{CommandKind::prove_map, "a person saw that this outlet feeds this slot", map_fields},
    CommandForm{CommandKind::open_confirmed, "opens an outlet even if its slot is protected", open_fields},
};

tl::unexpected<Error> wrong(std::string words) { return fail(Errc::usage, std::move(words)); }

std::string listed(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

std::string guess_of(std::string_view word, const std::vector<std::string>& known) {
  const auto guess = nearest(word, known);
  return guess ? fmt::format("; did you mean \"{}\"?", *guess) : std::string();
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// `lines`: a cell of a list may hold several.
Result<std::string> words_of(const Json& object, const std::string& name, std::size_t longest, bool lines = false) {
  const auto at = object.find(name);
  if (at == object.end()) return std::string();
  if (!at->is_string()) return wrong(fmt::format("\"{}\" must be text, not {}", name, at->type_name()));
  auto text = at->get<std::string>();
  if (text.size() > longest) return wrong(fmt::format("\"{}\" is longer than {} bytes", name, longest));
  const auto refused = [lines](char c) { return is_control(c) && !(lines && (c == '\n' || c == '\r' || c == '\t')); };
  if (std::any_of(text.begin(), text.end(), refused))
    return wrong(fmt::format("\"{}\" holds a control character; write it as one line", name));
  return text;
}

Result<std::uint64_t> number_of(const Json& object, const std::string& name) {
  const auto at = object.find(name);
  if (at == object.end()) return 0;
  if (!at->is_number_unsigned() || at->get<std::uint64_t>() > largest_number)
    return wrong(fmt::format("\"{}\" must be a whole number from 0, not {}", name, at->dump().substr(0, 40)));
  return at->get<std::uint64_t>();
}

Result<ExpectedRow> row_of(const Json& json, std::size_t index) {
  const std::string where = fmt::format("rows[{}]", index);
  if (!json.is_object()) return wrong(where + " must be an object");
  ExpectedRow row;
  const std::array<std::pair<const char*, std::string*>, 7> texts{{{"asset_tag", &row.asset_tag},
                                                                   {"serial", &row.serial},
                                                                   {"model", &row.model},
                                                                   {"model_number", &row.model_number},
                                                                   {"status", &row.status},
                                                                   {"location", &row.location},
                                                                   {"notes", &row.notes}}};
  std::vector<std::string> known{"row"};
  for (const auto& [name, text] : texts) {
    known.emplace_back(name);
    auto read = words_of(json, name, longest_text, true);
    if (!read) return fail(read.error().within(where));
    *text = std::move(*read);
  }
  const auto number = number_of(json, "row");
  if (!number) return fail(number.error().within(where));
  row.row = *number == 0 ? index + 1 : *number;
  for (const auto& [name, unused] : json.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return wrong(fmt::format("{} has no field \"{}\"{}", where, name.substr(0, 40), guess_of(name, known)));
  }
  return row;
}

Result<std::vector<ExpectedRow>> rows_of(const Json& object) {
  const auto at = object.find("rows");
  std::vector<ExpectedRow> rows;
  if (at == object.end()) return rows;
  if (!at->is_array()) return wrong(fmt::format("\"rows\" must be a list, not {}", at->type_name()));
  if (at->size() > most_rows)
    return wrong(fmt::format("a batch has at most {} rows; import a longer list in parts", most_rows));
  rows.reserve(at->size());
  for (const Json& each : *at) {
    auto row = row_of(each, rows.size());
    if (!row) return fail(row.error());
    rows.push_back(std::move(*row));
  }
  return rows;
}

// The most brackets that are open at once, outside of texts. Looked at before the parser is: its own callback for this
// costs the square of the length.
int depth_of(std::string_view body) {
  int depth = 0;
  int most = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (in_text && c == '\\') ++i;
    else if (c == '"') in_text = !in_text;
    else if (!in_text && (c == '{' || c == '[')) most = std::max(most, ++depth);
    else if (!in_text && (c == '}' || c == ']')) --depth;
  }
  return most;
}

// An object, not nested without end: a reader that follows every bracket would need more memory than the room.
Result<Json> object_of(std::string_view body) {
  if (depth_of(body) > deepest) return wrong("the command is nested too deeply");
  Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) return wrong("the command is not JSON, or not in UTF-8");
  if (!json.is_object())
    return wrong("a command is a JSON object, as in {\"type\":\"scan\",\"key\":\"..\",\"by\":\"..\",...}");
  return json;
}

Result<const CommandForm*> form_of(const Json& json) {
  std::vector<std::string> known;
  for (const CommandForm& f : forms) known.emplace_back(to_string(f.kind));
  const auto type = words_of(json, "type", longest_name);
  if (!type) return fail(type.error());
  if (type->empty()) return wrong("\"type\" is missing: one of " + listed(known));
  const CommandForm* form = command_form(*type);
  if (form == nullptr) {
    const std::string guess = guess_of(*type, known);
    return wrong(fmt::format("there is no command \"{}\"{}", *type, guess.empty() ? "; one of " + listed(known) : guess));
  }
  return form;
}

Result<void> has_its_fields(const CommandForm& form, const Json& json) {
  std::vector<std::string> known{"type", "key", "by"};
  for (const FieldForm& f : form.fields) {
    known.emplace_back(f.name);
    const auto at = json.find(f.name);
    const bool empty = at == json.end() || (at->is_string() && at->get_ref<const std::string&>().empty());
    if (f.required && empty) return wrong(fmt::format("{} needs \"{}\": {}", to_string(form.kind), f.name, f.means));
  }
  for (const auto& [name, unused] : json.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string guess = guess_of(name, known);
    return wrong(fmt::format("{} takes no field \"{}\"{}", to_string(form.kind), name.substr(0, 40),
                             guess.empty() ? "; it takes " + listed(known) : guess));
  }
  return {};
}

}  // namespace

std::span<const CommandForm> command_forms() { return forms; }

const CommandForm* command_form(std::string_view type) {
  const auto at = std::find_if(forms.begin(), forms.end(), [&](const CommandForm& f) { return to_string(f.kind) == type; });
  return at == forms.end() ? nullptr : &*at;
}

Result<Command> command_from_json(std::string_view body) {
  const auto json = object_of(body);
  if (!json) return fail(json.error());
  const auto form = form_of(*json);
  if (!form) return fail(form.error());
  Command c;
  c.kind = (*form)->kind;
  const std::array<std::tuple<const char*, std::string*, std::size_t>, 5> texts{{{"key", &c.key, longest_name},
                                                                                 {"by", &c.by, longest_name},
                                                                                 {"label", &c.label, longest_name},
                                                                                 {"serial", &c.serial, longest_name},
                                                                                 {"text", &c.text, longest_text}}};
  for (const auto& [name, text, longest] : texts) {
    auto read = words_of(*json, name, longest);
    if (!read) return fail(read.error());
    *text = std::move(*read);
  }
  if (c.key.empty())
    return wrong("\"key\" is missing: any text that is new for each command; sent again, it gives the same answer");
  if (c.by.empty()) return wrong("\"by\" is missing: the person or program that asks");
  if (c.by == "greenroom") return wrong("\"by\" is the person or program that asks, and \"greenroom\" is this one itself");
  const auto number = number_of(*json, "number");
  if (!number) return fail(number.error());
  c.number = *number;
  auto rows = rows_of(*json);
  if (!rows) return fail(rows.error());
  c.rows = std::move(*rows);
  if (const auto complete = has_its_fields(**form, *json); !complete) return fail(complete.error());
  if (c.kind == CommandKind::step_failed && c.number == 0 && c.serial.empty())
    return wrong("step_failed needs \"number\", the visit; or \"serial\", a Mac that nobody can find");
  return c;
}

std::string to_json(const Command& c) {
  Json json{{"type", to_string(c.kind)}, {"key", c.key}, {"by", c.by}};
  const CommandForm* form = command_form(to_string(c.kind));
  for (const FieldForm& f : form->fields) {
    if (f.name == "label" && !c.label.empty()) json["label"] = c.label;
    if (f.name == "serial" && !c.serial.empty()) json["serial"] = c.serial;
    if (f.name == "text" && !c.text.empty()) json["text"] = c.text;
    if (f.name == "number" && (f.required || c.number != 0)) json["number"] = c.number;
    if (f.name != "rows") continue;
    Json rows = Json::array();
    for (const ExpectedRow& r : c.rows) {
      rows.push_back({{"row", r.row},
                      {"asset_tag", r.asset_tag},
                      {"serial", r.serial},
                      {"model", r.model},
                      {"model_number", r.model_number},
                      {"status", r.status},
                      {"location", r.location},
                      {"notes", r.notes}});
    }
    json["rows"] = std::move(rows);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace greenroom
