// Reads a dialect file of kind "modbus-rtu" and checks it as a whole.
#include <fmt/format.h>

#include <algorithm>

#include "hw/pdu/dialect_reader.hpp"
#include "hw/pdu/modbus_dialect.hpp"

namespace greenroom {
namespace {

using modbus::Function;
using modbus::Request;

const Choices<ModbusType> kTypes = {{"bit", ModbusType::bit}, {"u16", ModbusType::u16}, {"i16", ModbusType::i16},
                                    {"u32", ModbusType::u32}, {"i32", ModbusType::i32}, {"f32", ModbusType::f32}};
const Choices<OwnEcho> kEcho = {{"none", OwnEcho::none}, {"always", OwnEcho::always}, {"detect", OwnEcho::detect}};

struct Quantity {
  ModbusSays says{};
  double scale{};
};
const Choices<Quantity> kQuantities = {{"state", {ModbusSays::state, 1}},           {"current_A", {ModbusSays::current, 1}},
                                       {"current_mA", {ModbusSays::current, 1e-3}}, {"power_W", {ModbusSays::power, 1}},
                                       {"power_kW", {ModbusSays::power, 1e3}},      {"voltage_V", {ModbusSays::voltage, 1}},
                                       {"apparent_VA", {ModbusSays::apparent, 1}}};
// A gather of a few bytes: the end of a frame is awaited to the byte.
constexpr Duration kGather = std::chrono::milliseconds{1};

std::uint16_t words_of(ModbusType t) { return t == ModbusType::u32 || t == ModbusType::i32 || t == ModbusType::f32 ? 2 : 1; }

class ModbusLoader {
 public:
  explicit ModbusLoader(Document& doc) : doc_(doc) {}

  ModbusDialect load() {
    const Table root = doc_.root();
    has_outlets_ = root.has("outlets");
    read_facts(doc_, root, has_outlets_, d_);
    d_.line.gather = kGather;
    for (const Table& t : root.tables("unit")) unit(t);
    if (d_.units.empty()) root.complain("[[unit]] is missing: who is on the bus, at which address?");
    pacing(root);
    for (const Table& t : root.tables("read")) read(t);
    for (const Table& t : root.tables("identify")) check(t);
    if (d_.checks.empty()) root.complain("[[identify]] is missing: what proves that it is this device?");
    for (const Table& t : root.tables("forbid")) forbid(t);
    switching(root);
    if ((d_.meters_outlets || d_.meters_banks) && !root.has("meter")) root.complain("[meter] is missing");
    for (const Table& t : root.tables("unit")) mark(t);
    states(root);
    evidence(root);
    std::stable_partition(d_.reads.begin(), d_.reads.end(), [](const ModbusRead& r) { return r.supervise; });
    return std::move(d_);
  }

 private:
  std::uint16_t number(const Table& t, std::string_view key, Range range, std::optional<std::int64_t> fallback = {}) {
    return static_cast<std::uint16_t>(t.integer(key, range, fallback));
  }

  void unit(const Table& t) {
    ModbusUnit u;
    u.id = shown(t, "id");
    u.address = static_cast<std::uint8_t>(t.integer("address", {1, 255}));
    u.gap = t.duration("gap_ms", {0, 10'000}, Duration{});
    u.min_poll = t.duration("min_poll_ms", {0, 60'000}, Duration{});
    for (const ModbusUnit& other : d_.units) {
      if (other.id == u.id) t.complain("id", fmt::format("unit {} stands twice", u.id));
      if (other.address == u.address) {
        t.complain("address", fmt::format("address {} is unit {}'s: both would answer at once", u.address, other.id));
      }
    }
    d_.units.push_back(std::move(u));
  }

  // Last, because it is measured against every read.
  void mark(const Table& t) {
    const std::size_t at = marked_++;
    const auto m = t.table("mark");
    if (!m) {
      t.complain("mark is missing: { fc, start, count } of a harmless read whose reply differs in length from every other");
      return;
    }
    const Request r = request(*m, at);
    for (const ModbusRead& other : d_.reads) {
      if (modbus::same_shape(r, other.request)) {
        m->complain(fmt::format("a reply to the mark could be taken for one to read {}: ask for another count", other.id));
      }
    }
    for (const ModbusCheck& c : d_.checks) {
      if (modbus::same_shape(r, c.request) && !(r == c.request)) {
        m->complain("a reply to the mark could be taken for one to [[identify]]: ask for the same, or for another count");
      }
    }
    d_.units[at].mark = r;
  }

  std::size_t unit_named(const Table& t) {
    const std::string id = t.text("unit");
    for (std::size_t i = 0; i < d_.units.size(); ++i) {
      if (d_.units[i].id == id) return i;
    }
    std::vector<std::string> known;
    for (const ModbusUnit& u : d_.units) known.push_back(u.id);
    if (!id.empty()) t.complain("unit", fmt::format("{} is no [[unit]]; declared: {}", quoted(id), fmt::join(known, ", ")));
    return 0;
  }

  Request request(const Table& t, std::size_t unit) {
    const auto fc = static_cast<Function>(t.integer("fc", {1, 4}));
    Request r(unit < d_.units.size() ? d_.units[unit].address : 1, fc, number(t, "start", {0, 0xffff}),
              number(t, "count", {1, 2000}));
    if (t.has("fc") && t.has("count")) {
      if (auto ok = modbus::encode(r); !ok) t.complain("count", ok.error().message);
    }
    return r;
  }

  void pacing(const Table& root) {
    const auto t = dialect_section(root, "pacing");
    if (!t) return;
    d_.deadline = t->duration("deadline_ms", {10, 10'000});
    d_.late = t->duration("drain_after_timeout_ms", {10, 60'000});
    d_.retries = static_cast<std::uint32_t>(t->integer("retries", {0, 5}, 1));
    d_.own_echo = t->choice<OwnEcho>("own_echo", kEcho, OwnEcho::detect);
    if (d_.late < d_.deadline) {
      t->complain("drain_after_timeout_ms", "a reply that missed its deadline can be as late again: not below deadline_ms");
    }
  }

  void read(const Table& t) {
    ModbusRead r;
    r.id = shown(t, "id");
    r.unit = unit_named(t);
    r.request = request(t, r.unit);
    r.supervise = t.choice<bool>("when", {{"supervise", true}, {"full", false}});
    for (const Table& i : t.tables("item")) item(i, r);
    if (r.items.empty()) t.complain("[[read.item]] is missing: what does it say?");
    for (const ModbusRead& other : d_.reads) {
      if (other.id == r.id) t.complain("id", fmt::format("read {} stands twice", r.id));
    }
    d_.reads.push_back(std::move(r));
  }

  void item(const Table& t, ModbusRead& r) {
    ModbusItem i;
    const Quantity quantity = t.choice<Quantity>("quantity", kQuantities);
    i.says = quantity.says;
    const bool bits = modbus::is_of_bits(r.request.function);
    i.type = t.choice<ModbusType>("type", kTypes, bits ? std::optional(ModbusType::bit) : std::nullopt);
    if (bits != (i.type == ModbusType::bit)) {
      t.complain("type", bits ? "functions 1 and 2 read bits" : "functions 3 and 4 read registers, not bits");
    }
    i.at = number(t, "at", {0, 1999});
    if (words_of(i.type) == 2) i.low_word_first = t.choice<bool>("words", {{"hi-lo", false}, {"lo-hi", true}});
    if (i.says == ModbusSays::state) {
      i.on = t.integer("on", {0, 65535}, 1);
      i.off = t.integer("off", {0, 65535}, 0);
      if (i.on == i.off) t.complain("on and off are the same value");
    } else {
      scale(t, i, quantity.scale);
    }
    where(t, i);
    const std::size_t last = i.at + static_cast<std::size_t>(i.repeat - 1) * i.stride + words_of(i.type);
    if (last > r.request.count) {
      t.complain(fmt::format("it ends at {} of a read of {}: raise count, or read less", last, r.request.count));
    }
    r.items.push_back(std::move(i));
  }

  void scale(const Table& t, ModbusItem& i, double unit_scale) {
    i.scale = t.number("scale", {-1e6, 1e6}, 1.0) * unit_scale;
    i.offset = t.number("offset", {-1e6, 1e6}, 0.0) * unit_scale;
    for (const auto& code : t.integers("invalid")) i.invalid.push_back(code.value);
    i.nan_is_absent = i.type == ModbusType::f32 && t.flag("nan_is_absent", false);
    i.low = t.number("low", {-1e6, 1e6}) * unit_scale;
    i.high = t.number("high", {-1e6, 1e6}) * unit_scale;
    if (i.high <= i.low) t.complain("high", "high is not above low: which values can this device show?");
  }

  void where(const Table& t, ModbusItem& i) {
    if (t.has("bank")) {
      const std::string id = t.text("bank");
      const auto at = std::find_if(d_.banks.begin(), d_.banks.end(), [&](const Bank& b) { return b.id == id; });
      if (at == d_.banks.end()) t.complain("bank", fmt::format("{} is no [[bank]]", quoted(id)));
      else i.bank = static_cast<std::size_t>(at - d_.banks.begin());
      if (i.says == ModbusSays::state) t.complain("bank", "a state is an outlet's");
      d_.meters_banks = true;
      return;
    }
    i.outlet = number(t, "outlet", {0, 999});
    i.repeat = number(t, "repeat", {1, 1000}, 1);
    i.stride = number(t, "stride", {1, 1000}, words_of(i.type));
    if (i.says != ModbusSays::state) d_.meters_outlets = true;
    const int last = i.outlet + i.repeat - 1;
    if (!has_outlets_) {
      t.complain("outlet", "this device has no [outlets]");
    } else if (d_.count > 0 && (i.outlet < d_.first || last > d_.last())) {
      t.complain(
          fmt::format("outlets {} to {} are not all outlets {} to {} of the device", i.outlet, last, d_.first, d_.last()));
    }
  }

  void check(const Table& t) {
    ModbusCheck c;
    c.unit = unit_named(t);
    c.request = request(t, c.unit);
    c.label = shown(t, "label", "");
    if (!c.label.empty()) {
      c.scale = t.number("scale", {-1e6, 1e6}, 1.0);
      c.low = t.number("low", {-1e9, 1e9});
      c.high = t.number("high", {-1e9, 1e9});
      if (c.high < c.low) t.complain("high", "high is below low: which values can this device show?");
      if (c.label.find("{}") == std::string::npos) t.complain("label", "label must hold {}, which is the value");
      if (modbus::is_of_bits(c.request.function)) t.complain("label", "only a register has a value to show");
    }
    d_.checks.push_back(std::move(c));
  }

  void forbid(const Table& t) {
    ModbusForbidden f;
    f.unit = unit_named(t);
    f.function = static_cast<Function>(t.integer("fc", {5, 16}));
    f.first = number(t, "first", {0, 0xffff});
    f.last = number(t, "last", {0, 0xffff}, f.first);
    f.why = shown(t, "why");
    if (f.last < f.first) t.complain("last", "last is before first");
    d_.forbidden.push_back(std::move(f));
  }

  void switching(const Table& root) {
    if (!has_outlets_) {
      for (const std::string_view key : {"switching", "relays", "boot"}) {
        if (root.has(key)) root.complain(key, fmt::format("[{}] without [outlets]: nothing is switched here", key));
      }
      return;
    }
    if (const auto t = root.table("switching")) {
      d_.on_value = number(*t, "on", {0, 0xffff});
      d_.off_value = number(*t, "off", {0, 0xffff});
      d_.bulk_off = t->flag("bulk_off");
      if (d_.on_value == d_.off_value) t->complain("off", "on and off are the same value");
    }
    for (const Table& t : root.tables("relays")) relays(t);
    for (OutletNumber n = d_.first; d_.has(n); ++n) {
      if (d_.relay_of(n) == nullptr) root.complain(fmt::format("no [[relays]] switches outlet {}", n));
    }
  }

  void relays(const Table& t) {
    ModbusRelays r;
    r.unit = unit_named(t);
    const Range outlets = d_.count > 0 ? Range{d_.first * 1.0, d_.last() * 1.0} : Range{0, 999};
    r.first = number(t, "first", outlets);
    r.last = number(t, "last", outlets);
    r.coil = number(t, "coil", {0, 0xffff});
    if (r.last < r.first) return t.complain("last", fmt::format("last ({}) is before first ({})", r.last, r.first));
    for (const ModbusRelays& other : d_.relays) {
      if (r.first <= other.last && other.first <= r.last) t.complain("first", "an outlet has one relay: these overlap");
    }
    d_.relays.push_back(r);
    if (r.coil + (r.last - r.first) > 0xffff) {
      return t.complain("coil", fmt::format("outlets {} to {} on coils from {} end beyond coil 65535, the last there is",
                                            r.first, r.last, r.coil));
    }
    if (d_.units.empty()) return;
    for (OutletNumber n = r.first; n <= r.last; ++n) {
      const Request write(d_.units[r.unit].address, Function::write_coil, static_cast<std::uint16_t>(r.coil + n - r.first),
                          1, {d_.on_value});
      if (auto ok = frame(d_, write); !ok) t.complain(fmt::format("outlet {}: {}", n, ok.error().message));
    }
  }

  // A poll that misses an outlet is void, so one that can never say all is a mistake.
  void states(const Table& root) {
    std::vector<int> said(d_.outlets());
    bool supervised = false;
    for (const ModbusRead& r : d_.reads) {
      supervised = supervised || r.supervise;
      for (const ModbusItem& i : r.items) {
        if (i.says != ModbusSays::state) continue;
        if (!r.supervise) root.complain("read", fmt::format("read {} says states: when = \"supervise\"", r.id));
        for (std::uint16_t k = 0; k < i.repeat; ++k) {
          const auto at = static_cast<std::size_t>(i.outlet + k - d_.first);
          if (i.outlet >= d_.first && at < said.size()) ++said[at];
        }
      }
    }
    if (!supervised) root.complain("no [[read]] has when = \"supervise\"");
    for (std::size_t at = 0; at < said.size(); ++at) {
      if (said[at] != 1) {
        root.complain(
            fmt::format("the state of outlet {} is read {} times by supervise, not once", d_.first + at, said[at]));
      }
    }
  }

  // Every fact that a decision rests on names who says so.
  void evidence(const Table& root) {
    std::vector<std::string> needed = {"line", "pacing", "identify"};
    for (const ModbusUnit& u : d_.units) {
      if (u.gap > Duration{} || u.min_poll > Duration{}) needed.push_back("gap." + u.id);
      needed.push_back("mark." + u.id);
    }
    for (const ModbusRead& r : d_.reads) needed.push_back("read." + r.id);
    if (has_outlets_) needed.insert(needed.end(), {"switching", "boot"});
    if (d_.bulk_off) needed.emplace_back("bulk_off");
    if (!d_.forbidden.empty()) needed.emplace_back("forbid");
    if (d_.meters_outlets || d_.meters_banks) needed.emplace_back("meter");
    read_evidence(doc_, root, needed, d_);
  }

  Document& doc_;
  ModbusDialect d_;
  bool has_outlets_{};  // or means to have: count is 0 where they are told wrong
  std::size_t marked_{};
};

}  // namespace

ModbusDialect read_modbus_dialect(Document& doc) { return ModbusLoader(doc).load(); }

}  // namespace greenroom
