#include "hw/pdu/dialect.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

namespace greenroom {
namespace {

using Of = LineRule::Of;

const Choices<OutletState> kStates = {
    {"off", OutletState::off}, {"on", OutletState::on}, {"pending", OutletState::pending}, {"fault", OutletState::fault}};
const Choices<Trust> kTrust = {
    {"peer", Trust::peer}, {"capture", Trust::capture}, {"manual", Trust::manual}, {"unverified", Trust::unverified}};

struct UnitName {
  std::string_view name;
  Says says;
  std::int64_t scale;
};
constexpr std::array<UnitName, 5> kUnits = {{{"current_A", Says::current, 1000},
                                             {"current_mA", Says::current, 1},
                                             {"power_W", Says::power, 1000},
                                             {"power_kW", Says::power, 1'000'000},
                                             {"power_dW", Says::power, 100}}};

const UnitName* unit_named(std::string_view name) {
  const auto* at = std::find_if(kUnits.begin(), kUnits.end(), [&](const UnitName& u) { return u.name == name; });
  return at == kUnits.end() ? nullptr : at;
}

class Loader {
 public:
  explicit Loader(Document doc) : doc_(std::move(doc)) {}

  LoadedDialect load() {
    const Table root = doc_.root();
    about(root);
    text(root);
    login(root);
    answers(root);
    pacing(root);
    exchanges(root);
    evidence(root);
    std::vector<Complaint> wrong = doc_.complaints();
    std::erase_if(wrong, [](const Complaint& c) { return c.warning; });
    if (!wrong.empty()) return tl::unexpected(std::move(wrong));
    return std::move(d_);
  }

 private:
  // A table that must stand; an empty one takes its place, so that all that is missing in it is not reported too.
  std::optional<Table> section(const Table& in, std::string_view key) {
    auto t = in.table(key);
    if (!t) in.complain(fmt::format("[{}] is missing", key));
    return t;
  }

  Regex compile(const Table& t, std::string_view key, const std::string& pattern) {
    if (pattern.empty()) return nullptr;  // reported by the reader
    return compile_at(t.place(key), pattern);
  }

  Regex compile_at(Place place, const std::string& pattern) {
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_encoding(re2::RE2::Options::EncodingLatin1);  // bytes of a wire, not text
    auto regex = std::make_shared<const re2::RE2>(pattern, options);
    if (!regex->ok()) {
      doc_.complain(place, fmt::format("pattern {}: {}", quoted(pattern), regex->error()));
      return nullptr;
    }
    if (regex->NumberOfCapturingGroups() > kMostGroups) {
      doc_.complain(place, fmt::format("pattern {} has more than {} groups", quoted(pattern), kMostGroups));
    }
    if (re2::RE2::FullMatch("", *regex)) {
      doc_.complain(place, fmt::format("pattern {} matches an empty line, so it would match anything", quoted(pattern)));
    }
    return regex;
  }

  void range(const Table& t, OutletNumber& first, OutletNumber& last) {
    first = static_cast<OutletNumber>(t.integer("first", {0, 999}));
    last = static_cast<OutletNumber>(t.integer("last", {0, 999}));
    if (last < first) t.complain("last", fmt::format("last ({}) is before first ({})", last, first));
  }

  void about(const Table& root) {
    if (const auto t = section(root, "dialect")) {
      d_.id = t->text("id");
      d_.name = t->text("name");
      t->choice<int>("kind", {{"cli", 0}});
    }
    if (const auto t = section(root, "outlets")) range(*t, d_.first, d_.last);
    for (const Table& t : root.tables("bank")) bank(t);
    if (const auto t = section(root, "line")) {
      d_.line.baud = static_cast<std::uint32_t>(t->integer("baud", {50, 4'000'000}));
      d_.line.bits = static_cast<std::uint8_t>(t->integer("bits", {7, 8}, 8));
      d_.line.parity =
          t->choice<Parity>("parity", {{"none", Parity::none}, {"even", Parity::even}, {"odd", Parity::odd}}, Parity::none);
      d_.line.stop = static_cast<std::uint8_t>(t->integer("stop", {1, 2}, 1));
    }
  }

  void bank(const Table& t) {
    Bank b{t.text("id"), 0, 0};
    range(t, b.first, b.last);
    if (b.first < d_.first || b.last > d_.last) {
      t.complain(fmt::format("bank {}: outlets {} to {} are not all outlets {} to {} of the device", b.id, b.first, b.last,
                             d_.first, d_.last));
    }
    for (const Bank& other : d_.banks) {
      if (other.id == b.id) t.complain("id", fmt::format("bank {} stands twice", b.id));
      if (b.first <= other.last && other.first <= b.last) {
        t.complain(fmt::format("bank {} and bank {} share outlets", other.id, b.id));
      }
    }
    d_.banks.push_back(std::move(b));
  }

  void text(const Table& root) {
    if (const auto t = section(root, "text")) {
      d_.end_of_command = t->text("end_of_command");
      d_.wake = t->text("wake");
      d_.echo = t->choice<bool>("echo", {{"always", true}, {"none", false}});
      d_.prompt = compile(*t, "prompt", t->text("prompt"));
      mark(*t);
    }
    if (const auto t = section(root, "states")) {
      for (const std::string& word : t->keys()) d_.states.emplace_back(word, t->choice(word, kStates));
      if (d_.states.empty()) t->complain("no state: say which words mean on and off");
    }
  }

  void mark(const Table& t) {
    d_.mark = t.text("mark", "");
    if (d_.mark.empty()) return;
    if (!d_.echo) t.complain("mark", "a mark is known by its echo, and this device has none");
    if (d_.mark.find("{n}") == std::string::npos)
      t.complain("mark", fmt::format("{} must hold {{n}}, which makes each mark another", quoted(d_.mark)));
    if (d_.mark.find_first_of("yY") != std::string::npos)
      t.complain("mark", fmt::format("{} holds a y, which an open question could take for yes", quoted(d_.mark)));
  }

  void login(const Table& root) {
    for (const Table& t : root.tables("login")) {
      LoginStep step{compile(t, "see", t.text("see")), t.text("say")};
      if (const auto at = step.say.find("${"); at != std::string::npos && step.say.find("${user}") == std::string::npos &&
                                               step.say.find("${password}") == std::string::npos) {
        t.complain("say",
                   fmt::format("unknown stand-in {}; known are ${{user}} and ${{password}}", quoted(step.say.substr(at))));
      }
      d_.login.push_back(std::move(step));
    }
    const auto limits = root.table("login_limits");
    if (limits) {
      // More wrong passwords than this lock some devices, so the limits are never left to chance.
      d_.login_attempts = static_cast<std::uint32_t>(limits->integer("attempts", {1, 3}));
      d_.login_backoff = limits->duration("backoff_s", {1, 3600});
      for (const auto& p : limits->texts("denied")) d_.login_denied.push_back(compile_at(p.place, p.value));
    }
    if (!d_.login.empty() && !limits) root.complain("[[login]] needs [login_limits]: attempts, backoff_s, denied");
    if (d_.login.empty() && limits) limits->complain("[login_limits] without [[login]] limits nothing");
  }

  void answers(const Table& root) {
    for (const Table& t : root.tables("interrupt")) {
      Interrupt i{compile(t, "see", t.text("see")), t.text("say"), t.text("refuse"), t.flag("confirms_switch")};
      d_.interrupts.push_back(std::move(i));
    }
    for (const Table& t : root.tables("error")) {
      d_.errors.push_back({compile(t, "match", t.text("match")), t.choice<Fault>("class", {{"rejected", Fault::rejected},
                                                                                           {"busy", Fault::busy},
                                                                                           {"auth", Fault::auth},
                                                                                           {"device", Fault::device}})});
    }
    if (d_.errors.empty()) root.complain("[[error]] is missing: how does the device say that it did not understand?");
  }

  void pacing(const Table& root) {
    if (const auto t = section(root, "pacing")) {
      d_.wake_within = t->duration("wake_ms", {10, 60'000});
      d_.gap = t->duration("gap_ms", {0, 10'000}, Duration{});
      d_.quiet = t->duration("quiet_ms", {5, 10'000});
      d_.drain = t->duration("drain_ms", {5, 60'000});
    }
    if (const auto t = section(root, "switching")) {
      d_.relay = t->duration("relay_ms", {0, 60'000});
      d_.longest_queue = t->duration("longest_queue_ms", {0, 600'000});
    }
    if (const auto t = section(root, "meter")) {
      d_.meter_lag = t->duration("lag_ms", {0, 600'000});
      d_.meter_floor = t->amps("floor_A", {0, 10});
      d_.meter_error_per_mille = t->integer("error_per_mille", {0, 500});
    }
    if (const auto t = section(root, "boot")) {
      d_.boot = t->choice<BootPolicy>("policy", {{"off", BootPolicy::off},
                                                 {"previous", BootPolicy::previous},
                                                 {"on", BootPolicy::on},
                                                 {"unknown", BootPolicy::unknown}});
    }
  }

  void exchanges(const Table& root) {
    const auto all = section(root, "exchange");
    if (!all) return;
    if (all->has("identify")) d_.identify = exchange(*all, "identify");
    d_.supervise = exchange(*all, "supervise");
    if (all->has("meters")) d_.meters = exchange(*all, "meters");
    d_.on = exchange(*all, "on");
    d_.off = exchange(*all, "off");
    if (all->has("supervise") && !d_.supervise.states) {
      all->complain("supervise",
                    "[exchange.supervise] shows no state: an outlet pattern needs (?P<number>...) and (?P<state>...)");
    }
    if (d_.meters && !d_.meters->outlet_meters && !d_.meters->bank_meters) {
      all->complain("meters", "[exchange.meters] meters nothing");
    }
  }

  Exchange exchange(const Table& all, std::string_view name) {
    Exchange x;
    x.name = name;
    const auto t = section(all, name);
    if (!t) return x;
    x.send = t->text("send");
    x.within = t->duration("within_ms", {10, 600'000});
    check_send(*t, x);
    for (const Table& rule : t->tables("outlet")) outlet_rule(rule, x);
    for (const Table& rule : t->tables("bank")) bank_rule(rule, x);
    for (const auto& p : t->texts("require")) {
      LineRule rule = line_rule(Of::required, compile_at(p.place, p.value));
      for (const auto& [group, name_of] : groups(rule)) {
        if (name_of == "model") rule.captures.push_back({group, Says::model});
        else if (name_of == "identity") rule.captures.push_back({group, Says::identity});
        else
          doc_.complain(p.place,
                        fmt::format("group {} means nothing here; known are \"model\" and \"identity\"", quoted(name_of)));
      }
      x.rules.push_back(std::move(rule));
    }
    return x;
  }

  void check_send(const Table& t, const Exchange& x) {
    const bool switches = x.name == "on" || x.name == "off";
    const bool names_outlet = x.send.find("{outlet}") != std::string::npos;
    if (x.send.empty()) return;
    if (switches && !names_outlet)
      t.complain("send", fmt::format("{} must name {{outlet}}: one order, one outlet", quoted(x.send)));
    if (!switches && x.send.find('{') != std::string::npos) {
      t.complain("send", fmt::format("{} has a stand-in, but {} asks about the whole device", quoted(x.send), x.name));
    }
    // A device's own reboot leaves an outlet that is off as it is, and holds the line for ten seconds.
    for (const std::string_view word : {"reboot", "cycle", "toggle", " all"}) {
      if (x.send.find(word) != std::string::npos)
        t.complain("send", fmt::format("{}: a device's own {} is never used", quoted(x.send), quoted(word)));
    }
  }

  LineRule line_rule(Of of, Regex match) {
    LineRule rule;
    rule.of = of;
    rule.match = std::move(match);
    if (rule.match && !rule.match->PossibleMatchRange(&rule.low, &rule.high, 16)) rule.low = rule.high = "";
    return rule;
  }

  static std::vector<std::pair<int, std::string>> groups(const LineRule& rule) {
    std::vector<std::pair<int, std::string>> found;
    if (rule.match) {
      for (const auto& [group, name] : rule.match->CapturingGroupNames()) found.emplace_back(group, name);
    }
    return found;
  }

  void outlet_rule(const Table& t, Exchange& x) {
    LineRule rule = line_rule(Of::outlet, compile(t, "match", t.text("match")));
    rule.several = t.flag("several", false);
    bool number = false;
    for (const auto& [group, name] : groups(rule)) {
      if (name == "number") {
        number = true;
        rule.captures.push_back({group, Says::number});
      } else if (name == "state") {
        x.states = true;
        rule.captures.push_back({group, Says::state});
      } else if (const UnitName* unit = unit_named(name)) {
        x.outlet_meters = true;
        rule.captures.push_back({group, unit->says, unit->scale});
      } else {
        unknown_group(t, name, {"number", "state"});
      }
    }
    if (rule.match && !number)
      t.complain("match", "an outlet pattern needs (?P<number>...): which outlet does the line speak of?");
    x.rules.push_back(std::move(rule));
  }

  void bank_rule(const Table& t, Exchange& x) {
    LineRule rule = line_rule(Of::bank, compile(t, "match", t.text("match")));
    Choices<std::size_t> units;
    for (std::size_t i = 0; i < kUnits.size(); ++i) units.emplace_back(kUnits[i].name, i);
    const UnitName& unit = kUnits[t.choice<std::size_t>("quantity", units)];
    for (const auto& [group, name] : groups(rule)) {
      const auto at = std::find_if(d_.banks.begin(), d_.banks.end(), [&n = name](const Bank& b) { return b.id == n; });
      if (at == d_.banks.end()) {
        std::vector<std::string> ids;
        for (const Bank& b : d_.banks) ids.push_back(b.id);
        t.complain("match", fmt::format("group {} is no [[bank]]; declared: {}", quoted(name), fmt::join(ids, ", ")));
      } else {
        rule.captures.push_back({group, unit.says, unit.scale, static_cast<std::size_t>(at - d_.banks.begin())});
      }
    }
    if (rule.match && groups(rule).empty())
      t.complain("match", "a bank pattern needs a group named after its bank, as (?P<A>...)");
    x.bank_meters = true;
    x.rules.push_back(std::move(rule));
  }

  void unknown_group(const Table& t, const std::string& name, std::vector<std::string> known) {
    for (const UnitName& u : kUnits) known.emplace_back(u.name);
    const auto guess = nearest(name, known);
    t.complain("match", fmt::format("unknown group {}{}; known are {}", quoted(name),
                                    guess ? fmt::format("; did you mean {}?", quoted(*guess)) : "", fmt::join(known, ", ")));
  }

  // Every fact that a decision rests on names who says so.
  void evidence(const Table& root) {
    std::vector<std::string> needed = {"line",        "prompt",      "wake",  "echo", "states",
                                       "errors",      "switching",   "meter", "boot", "exchange.supervise",
                                       "exchange.on", "exchange.off"};
    if (!d_.login.empty()) needed.emplace_back("login");
    if (!d_.interrupts.empty()) needed.emplace_back("interrupt");
    if (d_.identify) needed.emplace_back("exchange.identify");
    if (d_.meters) needed.emplace_back("exchange.meters");
    if (!d_.mark.empty()) needed.emplace_back("mark");
    if (d_.gap > Duration{}) needed.emplace_back("gap");
    std::vector<std::string> open = needed;
    for (const Table& t : root.tables("evidence")) {
      DialectEvidence e;
      for (const auto& fact : t.texts("facts")) {
        e.facts.push_back(fact.value);
        if (std::find(needed.begin(), needed.end(), fact.value) == needed.end()) {
          doc_.complain(fact.place, fmt::format("{} is no fact of this dialect; facts are {}", quoted(fact.value),
                                                fmt::join(needed, ", ")));
        }
        std::erase(open, fact.value);
      }
      e.trust = t.choice("trust", kTrust);
      e.source = t.text("source");
      d_.evidence.push_back(std::move(e));
    }
    if (!open.empty()) {
      root.complain(fmt::format("no [[evidence]] for {}; who says so? \"unverified\" is an answer", fmt::join(open, ", ")));
    }
  }

  Document doc_;
  Dialect d_;
};

}  // namespace

std::string_view to_string(Trust t) {
  return std::find_if(kTrust.begin(), kTrust.end(), [t](const auto& c) { return c.second == t; })->first;
}

LoadedDialect load_dialect(const std::string& path) { return Loader(Document::from_file(path)).load(); }

LoadedDialect parse_dialect(std::string_view text, const std::string& file) {
  return Loader(Document::from_text(text, file)).load();
}

}  // namespace greenroom
