#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "config/room_draft.hpp"

namespace greenroom::draft {
namespace {

const Choices<SlotKind> kKinds{
    {"restore", SlotKind::restore}, {"shelf", SlotKind::shelf}, {"pack_table", SlotKind::pack_table}};
const Choices<DfuEntry> kEntries{
    {"none", DfuEntry::none}, {"vdm", DfuEntry::vdm}, {"by_outlet", DfuEntry::by_outlet}, {"by_hand", DfuEntry::by_hand}};
const Choices<ChargeVia> kChargeVia{
    {"magsafe", ChargeVia::magsafe}, {"usb_c_other", ChargeVia::usb_c_other}, {"same_cable", ChargeVia::same_cable}};

constexpr std::size_t kMostAtOnce = 1000;

bool digits(std::string_view s) {
  return !s.empty() && s.size() < 7 && s.find_first_not_of("0123456789") == std::string_view::npos;
}
std::size_t number(std::string_view s) {
  std::size_t n = 0;
  std::from_chars(s.data(), s.data() + s.size(), n);
  return n;
}

// Why `expand` found nothing in it.
std::string no_range(std::string_view pattern) {
  const std::size_t dots = pattern.find("..");
  const std::string_view high = pattern.substr(dots + 2);
  std::size_t begin = dots;
  while (begin > 0 && pattern[begin - 1] >= '0' && pattern[begin - 1] <= '9') --begin;
  const std::string_view low = pattern.substr(begin, dots - begin);
  const auto digits_only = [](std::string_view s) {
    return !s.empty() && s.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (!digits_only(low) || !digits_only(high))
    return fmt::format("{} is no range: it is written as \"1-01..08\"", quoted(pattern));
  if (digits(low) && digits(high) && number(high) < number(low))
    return fmt::format("the range {} goes backwards: write {}..{}", quoted(pattern), high, low);
  return fmt::format("the range {} names too many: at most {} in one table", quoted(pattern), kMostAtOnce);
}

// The values of a key for each slot of the table, or empty after a complaint.
std::vector<std::string> column(const Table& t, std::string_view key, std::size_t count) {
  const std::string pattern = t.text(key);
  if (pattern.empty()) return {};
  const auto values = expand(pattern);
  if (!values) {
    t.complain(key, no_range(pattern));
    return {};
  }
  if (values->size() == count) return *values;
  if (count > 0)  // none: the name is wrong, and told
    t.complain(key,
               fmt::format("{} names {} for {} {}", quoted(pattern), values->size(), count, count == 1 ? "slot" : "slots"));
  return {};
}

// host/1-4.2: a host, a bus, then ports from the root hub down.
bool is_port_path(std::string_view p) {
  const std::size_t slash = p.find('/');
  if (slash == std::string_view::npos || slash == 0) return false;
  const std::string_view path = p.substr(slash + 1);
  const std::size_t dash = path.find('-');
  if (dash == std::string_view::npos || !digits(path.substr(0, dash))) return false;
  std::string_view rest = path.substr(dash + 1);
  while (true) {
    const std::size_t dot = rest.find('.');
    if (!digits(rest.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    rest.remove_prefix(dot + 1);
  }
}

const Brick* find_brick(const RoomDraft& d, const Table& t, const std::string& name) {
  std::vector<std::string> known;
  for (const Brick& b : d.bricks) {
    if (b.name == name) return &b;
    known.push_back(b.name);
  }
  if (name.empty()) return nullptr;
  const auto guess = nearest(name, known);
  t.complain("brick", fmt::format("there is no brick {}; known are {}{}", quoted(name), fmt::join(known, ", "),
                                  guess ? fmt::format("; did you mean {}?", quoted(*guess)) : ""));
  return nullptr;
}

void complain_no_outlet(const RoomDraft& d, const Table& t, const std::string& name) {
  const std::string pdu = name.substr(0, name.rfind(':'));
  const auto at = std::find_if(d.room.pdus.begin(), d.room.pdus.end(), [&](const PduConfig& p) { return p.name == pdu; });
  if (name.find(':') == std::string::npos) {
    t.complain("outlet", fmt::format("{} is no outlet: it is written as \"left:7\", the pdu's name and the outlet's number",
                                     quoted(name)));
  } else if (at == d.room.pdus.end()) {
    std::vector<std::string> known;
    for (const PduConfig& p : d.room.pdus) known.push_back(p.name);
    const auto guess = nearest(pdu, known);
    t.complain("outlet", fmt::format("outlet {}: there is no pdu {}{}", quoted(name), quoted(pdu),
                                     guess ? fmt::format("; did you mean {}?", quoted(*guess)) : ""));
  } else {
    const auto id = static_cast<std::uint32_t>(at - d.room.pdus.begin());
    const auto of_it = [&](const Outlet& o) { return o.pdu.value == id; };
    const auto first = std::find_if(d.room.outlets.begin(), d.room.outlets.end(), of_it);
    const auto count = std::count_if(first, d.room.outlets.end(), of_it);
    if (count > 0)  // none: its "outlets" is wrong, and told
      t.complain("outlet", fmt::format("there is no outlet {}: pdu {} has {}, from {}", quoted(name), quoted(pdu), count,
                                       first->number));
  }
}

void connect(RoomDraft& d, const Table& t, Slot& slot, SlotId id, const std::string& outlet, const Brick* brick) {
  const auto at = d.outlet_named.find(outlet);
  if (at == d.outlet_named.end()) return complain_no_outlet(d, t, outlet);
  Outlet& o = d.room.outlets[at->second.value];
  if (o.slot) {
    return t.complain("outlet", fmt::format("outlet {} of slot {} already feeds slot {}", quoted(outlet), quoted(slot.name),
                                            quoted(d.room.slots[o.slot->value].name)));
  }
  slot.outlet = at->second;
  o.slot = id;
  if (brick == nullptr) return;
  const Volts nominal = d.room.circuits[o.circuit.value].nominal;
  o.brick = brick->name;
  o.brick_output = brick->output;
  if (nominal == Volts{}) return;  // told where the circuit stands
  o.nameplate = brick->nameplate(nominal);
  o.nameplate_nominal = brick->draw_at(nominal);
}

void check_kind(const Table& t, const Slot& pattern, bool has_outlet, bool has_port, std::string_view name) {
  if (pattern.kind == SlotKind::restore) {
    if (!has_outlet)
      t.complain(
          fmt::format("restore slot {} has no \"outlet\": its Mac must be charged and must not lose power unseen", name));
    if (!has_port) t.complain(fmt::format("restore slot {} has no \"data_port\": a Mac is restored over it", name));
    if (pattern.dfu_entry == DfuEntry::none)
      t.complain(
          "dfu_entry",
          fmt::format("restore slot {} needs a way into DFU: dfu_entry = \"vdm\", \"by_outlet\" or \"by_hand\"", name));
  }
  if (pattern.kind == SlotKind::shelf && !has_outlet) t.complain(fmt::format("shelf {} has no \"outlet\"", name));
  if (pattern.kind == SlotKind::pack_table && has_outlet)
    t.complain("outlet", fmt::format("pack table {} has no outlet: a Mac leaves it unplugged", name));
}

// One message reaches one Mac: a board is one slot's, and so is a bus.
std::optional<DfuVia> read_dfu_via(RoomDraft& d, const Table& t, const std::string& text, std::string_view slot) {
  auto via = parse_dfu_via(text);
  if (!via) {
    t.complain("dfu_via", via.error().message);
    return std::nullopt;
  }
  for (std::size_t i = 0; i < d.dfu_vias.size(); ++i) {
    if (d.dfu_vias[i] && d.dfu_vias[i]->text == text)
      t.complain("dfu_via", fmt::format("{} of slot {} is already that of slot {}", quoted(text), quoted(slot),
                                        quoted(d.room.slots[i].name)));
  }
  return std::move(*via);
}

void read_slot_table(RoomDraft& d, const Table& t) {
  t.hint("port", "data_port");
  const std::string name = t.text("name");
  const auto range = expand(name);
  if (!range) t.complain("name", no_range(name));
  const std::vector<std::string> names = range.value_or(std::vector<std::string>{});  // read on: the other keys are known
  Slot s;
  s.bench = t.text("bench");
  s.kind = t.choice<SlotKind>("kind", kKinds);
  s.dfu_entry = t.choice<DfuEntry>("dfu_entry", kEntries, DfuEntry::none);
  s.charge_via = t.choice<ChargeVia>("charge_via", kChargeVia, ChargeVia::magsafe);
  s.usb_feed = t.watts("usb_feed_W", {0, 140}, Watts{});
  const bool has_outlet = t.has("outlet");
  const bool has_port = t.has("data_port");
  check_kind(t, s, has_outlet, has_port, quoted(name));
  const auto outlets = has_outlet ? column(t, "outlet", names.size()) : std::vector<std::string>{};
  const auto vias = t.has("dfu_via") ? column(t, "dfu_via", names.size()) : std::vector<std::string>{};
  if (t.has("dfu_via") && s.dfu_entry != DfuEntry::vdm)
    t.complain("dfu_via",
               "\"dfu_via\" says how the message of dfu_entry = \"vdm\" is sent, and this slot enters DFU otherwise");
  const auto ports = has_port ? column(t, "data_port", names.size()) : std::vector<std::string>{};
  const Brick* brick = has_outlet || t.has("brick") ? find_brick(d, t, t.text("brick")) : nullptr;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const SlotId id{static_cast<std::uint32_t>(d.room.slots.size())};
    Slot one = s;
    one.name = names[i];
    if (i < ports.size()) one.data_port = ports[i];
    for (const Slot& e : d.room.slots) {
      if (e.name == one.name && !one.name.empty())
        t.complain("name", fmt::format("slot {} stands in this file twice", quoted(one.name)));
      if (e.data_port == one.data_port && !one.data_port.empty()) {
        t.complain("data_port", fmt::format("data port {} of slot {} is already that of slot {}", quoted(one.data_port),
                                            quoted(one.name), quoted(e.name)));
      }
    }
    if (!one.data_port.empty() && !is_port_path(one.data_port)) {
      t.complain("data_port", fmt::format("{} is no USB port: it is written as \"host/1-4.2\", host, bus and ports",
                                          quoted(one.data_port)));
    }
    if (i < outlets.size()) connect(d, t, one, id, outlets[i], brick);
    d.dfu_vias.push_back(i < vias.size() ? read_dfu_via(d, t, vias[i], one.name) : std::nullopt);
    d.room.slots.push_back(std::move(one));
    d.slots.push_back(t);
  }
}

}  // namespace

std::optional<std::vector<std::string>> expand(std::string_view pattern) {
  const std::size_t dots = pattern.find("..");
  if (dots == std::string_view::npos) return std::vector<std::string>{std::string(pattern)};
  const std::string_view high = pattern.substr(dots + 2);
  std::size_t begin = dots;
  while (begin > 0 && pattern[begin - 1] >= '0' && pattern[begin - 1] <= '9') --begin;
  const std::string_view low = pattern.substr(begin, dots - begin);
  if (!digits(low) || !digits(high) || number(high) < number(low) || number(high) - number(low) >= kMostAtOnce) return {};
  std::vector<std::string> out;
  for (std::size_t n = number(low); n <= number(high); ++n) {
    out.push_back(fmt::format("{}{:0{}}", pattern.substr(0, begin), n, low.starts_with('0') ? low.size() : 1));
  }
  return out;
}

void read_slots(RoomDraft& d) {
  for (const Table& t : d.doc.root().tables("slot")) read_slot_table(d, t);
  if (d.doc.root().tables("slot").empty()) d.doc.complain({}, "has no [[slot]]");
}

}  // namespace greenroom::draft
