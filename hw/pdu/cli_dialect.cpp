#include "hw/pdu/cli_dialect.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "hw/pdu/cli_dialect_check.hpp"
#include "hw/pdu/dialect_reader.hpp"

namespace greenroom {
namespace {

using Of = LineRule::Of;

const Choices<OutletState> kStates = {
    {"off", OutletState::off}, {"on", OutletState::on}, {"pending", OutletState::pending}, {"fault", OutletState::fault}};
struct UnitName {
  std::string_view name;
  Says says;
  std::int64_t scale;
};
constexpr std::array<UnitName, 9> kUnits = {{{"current_A", Says::current, 1000},
                                             {"current_mA", Says::current, 1},
                                             {"power_W", Says::power, 1000},
                                             {"power_kW", Says::power, 1'000'000},
                                             {"power_dW", Says::power, 100},
                                             {"voltage_V", Says::voltage, 1000},
                                             {"voltage_dV", Says::voltage, 100},
                                             {"apparent_VA", Says::apparent, 1000},
                                             {"apparent_kVA", Says::apparent, 1'000'000}}};

const UnitName* unit_named(std::string_view name) {
  const auto* at = std::find_if(kUnits.begin(), kUnits.end(), [&](const UnitName& u) { return u.name == name; });
  return at == kUnits.end() ? nullptr : at;
}

class CliReader {
 public:
  explicit CliReader(Document& doc) : doc_(doc) {}

  CliDialect read() {
    const Table root = doc_.root();
    read_facts(doc_, root, true, d_);
    if (!root.has("outlets")) root.complain("[outlets] is missing");
    text(root);
    login(root);
    answers(root);
    pacing(root);
    exchanges(root);
    evidence(root);
    d_.meters_outlets = d_.supervise.outlet_meters || (d_.meters && d_.meters->outlet_meters);
    d_.meters_banks = d_.supervise.bank_meters || (d_.meters && d_.meters->bank_meters);
    return std::move(d_);
  }

 private:
  Regex compile(const Table& t, std::string_view key, const std::string& pattern) {
    if (pattern.empty()) return nullptr;  // reported by the reader
    return compile_at(t.place(key), pattern);
  }

  Regex compile_at(Place place, const std::string& pattern) {
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_encoding(re2::RE2::Options::EncodingLatin1);  // bytes of a wire, not text
    auto regex = std::make_shared<const re2::RE2>(pattern, options);
    if (!regex->ok()) {
      const std::string& why = regex->error();  // it repeats a part of the pattern
      doc_.complain(place, fmt::format("pattern {}: {}", quoted(pattern), has_control(why) ? quoted(why) : why));
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

  // Of what is told from an answer: a prompt, a question, an error.
  Regex compile_apart(const Table& t, std::string_view key) {
    Regex regex = compile(t, key, t.text(key));
    if (regex && regex->ok()) tell(t.place(key), matches_an_answer(*regex, d_));
    return regex;
  }

  void tell(Place place, const std::string& wrong) {
    if (!wrong.empty()) doc_.complain(place, wrong);
  }

  // A text that goes to the device as it stands, but for what is filled in.
  std::string sent(const Table& t, std::string_view key, std::optional<std::string> fallback = {},
                   const std::vector<std::string_view>& known = {}) {
    std::string text = t.text(key, std::move(fallback));
    tell(t.place(key), wrong_stand_in(text, known));
    return text;
  }

  std::vector<std::string> messages(const Table& t, std::string_view key, const std::vector<std::string_view>& known = {}) {
    std::vector<std::string> all;
    for (const auto& message : t.texts(key)) {
      tell(message.place, wrong_message(message.value, d_.end_of_command));
      tell(message.place, wrong_stand_in(message.value, known));
      all.push_back(message.value);
    }
    return all;
  }

  void text(const Table& root) {
    if (const auto t = dialect_section(root, "states")) {
      for (const std::string& word : t->keys()) {
        const OutletState state = t->choice(word, kStates, std::optional(OutletState::unknown));
        tell(t->place(word), wrong_word(d_, word, state));
        d_.states.emplace_back(word, state);
      }
      tell(t->place(), words_missing(d_));
    }
    if (const auto t = dialect_section(root, "text")) {
      d_.end_of_command = sent(*t, "end_of_command");
      d_.wake = sent(*t, "wake");
      d_.unstick = sent(*t, "unstick", "");
      d_.wake_each = t->choice<bool>("wake_when", {{"always", true}, {"lost", false}}, true);
      d_.screen = t->flag("screen", false);
      d_.enter = messages(*t, "enter");
      d_.echo = t->choice<Echo>("echo", {{"always", Echo::always}, {"maybe", Echo::maybe}, {"none", Echo::none}});
      for (const auto& word : t->texts("no_reading")) d_.no_reading.push_back(word.value);
      d_.prompt = compile_apart(*t, "prompt");
      mark(*t);
    }
  }

  void mark(const Table& t) {
    d_.mark = t.text("mark", "");
    const bool repeated = t.flag("repeats_unknown", false);  // in the error that answers it
    if (d_.mark.empty()) return;
    if (d_.echo != Echo::always && !repeated)
      t.complain(
          "mark",
          "a mark is known by its echo, and this device has none; say repeats_unknown = true if its error repeats it");
    if (d_.mark.find("{n}") == std::string::npos)
      t.complain("mark", fmt::format("{} must hold {{n}}, which makes each mark another", quoted(d_.mark)));
    tell(t.place("mark"), wrong_command(d_.mark, d_.end_of_command));
    tell(t.place("mark"), wrong_stand_in(d_.mark, {"{n}"}));
    if (d_.mark.find_first_of("yY") != std::string::npos)
      t.complain("mark", fmt::format("{} holds a y, which an open question could take for yes", quoted(d_.mark)));
  }

  void login(const Table& root) {
    for (const Table& t : root.tables("login")) {
      LoginStep step{compile_apart(t, "see"), sent(t, "say", {}, {"${user}", "${password}"})};
      d_.login.push_back(std::move(step));
    }
    const auto limits = root.table("login_limits");
    if (limits) {
      // More wrong passwords than this lock some devices, so the limits are never left to chance.
      d_.login_attempts = static_cast<std::uint32_t>(limits->integer("attempts", {1, 3}));
      d_.login_backoff = limits->duration("backoff_s", {1, 3600});
      d_.idle_logout = limits->duration("idle_logout_s", {10, 86'400}, Duration{});
      for (const auto& p : limits->texts("denied")) d_.login_denied.push_back(compile_at(p.place, p.value));
    }
    if (!d_.login.empty() && !limits) root.complain("[[login]] needs [login_limits]: attempts, backoff_s, denied");
    if (d_.login.empty() && limits) limits->complain("[login_limits] without [[login]] limits nothing");
  }

  void answers(const Table& root) {
    for (const Table& t : root.tables("interrupt")) {
      Interrupt i{compile_apart(t, "see"), sent(t, "say"), sent(t, "refuse"), t.flag("confirms_switch")};
      d_.interrupts.push_back(std::move(i));
    }
    for (const Table& t : root.tables("error")) {
      d_.errors.push_back({compile_apart(t, "match"), t.choice<Fault>("class", {{"rejected", Fault::rejected},
                                                                                {"busy", Fault::busy},
                                                                                {"auth", Fault::auth},
                                                                                {"device", Fault::device}})});
    }
    if (d_.errors.empty()) root.complain("[[error]] is missing: how does the device say that it did not understand?");
  }

  void pacing(const Table& root) {
    const auto t = dialect_section(root, "pacing");
    if (!t) return;
    d_.wake_within = t->duration("wake_ms", {10, 60'000});
    d_.gap = t->duration("gap_ms", {0, 10'000}, Duration{});
    d_.quiet = t->duration("quiet_ms", {5, 10'000});
    d_.drain = t->duration("drain_ms", {5, 60'000});
  }

  void exchanges(const Table& root) {
    const auto all = dialect_section(root, "exchange");
    if (!all) return;
    if (all->has("identify")) d_.identify = exchange(*all, "identify");
    if (all->has("power_policy")) d_.power_policy = exchange(*all, "power_policy");
    d_.supervise = exchange(*all, "supervise");
    if (all->has("meters")) d_.meters = exchange(*all, "meters");
    d_.on = exchange(*all, "on");
    d_.off = exchange(*all, "off");
    for (const char* name : {"identify", "power_policy", "supervise", "meters"}) {
      if (const auto t = all->table(name)) only_asks(*t, {"send", "before", "after"});
    }
    if (const auto t = root.table("text")) only_asks(*t, {"wake", "unstick", "mark", "enter"});
    if (all->has("supervise") && !d_.supervise.states) {
      all->complain("supervise",
                    "[exchange.supervise] shows no state: an outlet pattern needs (?P<number>...) and (?P<state>...)");
    }
    if (d_.power_policy && d_.power_policy->rules.empty())
      all->complain("power_policy", "[exchange.power_policy] proves nothing: require what it says when all stays off");
    if ((all->has("meters") || d_.supervise.outlet_meters || d_.supervise.bank_meters) && !root.table("meter"))
      root.complain("[meter] is missing");
    if (d_.meters && !d_.meters->outlet_meters && !d_.meters->bank_meters) {
      all->complain("meters", "[exchange.meters] meters nothing");
    }
  }

  Exchange exchange(const Table& all, std::string_view name) {
    Exchange x;
    x.name = name;
    const auto t = dialect_section(all, name);
    if (!t) return x;
    x.send = t->has("send") ? t->text("send", "") : t->text("send");  // an empty line redraws a screen
    x.within = t->duration("within_ms", {10, 600'000});
    if (x.within > Duration{} && x.within < d_.quiet) {
      t->complain("within_ms",
                  fmt::format("within_ms ({:g}) is below quiet_ms ({:g}): no incomplete reply would be noticed in time",
                              in_seconds(x.within) * 1e3, in_seconds(d_.quiet) * 1e3));
    }
    x.before = messages(*t, "before", outlet_of(x));
    x.after = messages(*t, "after");
    const bool whole_device = x.name == "supervise" || x.name == "meters";
    x.reply = static_cast<std::uint32_t>(
        t->integer("reply_B", {1, 65'536}, whole_device ? std::nullopt : std::optional<std::int64_t>(64)));
    x.reply_each = static_cast<std::uint32_t>(t->integer("reply_B_per_outlet", {0, 4'096}, 0));
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

  // No poll may switch.
  void only_asks(const Table& t, std::initializer_list<const char*> keys) {
    for (const std::string_view key : keys) {
      if (!t.has(key)) continue;
      if (key == "before" || key == "after" || key == "enter") {
        for (const auto& message : t.texts(key)) tell(message.place, question_that_switches(message.value, d_));
      } else {
        tell(t.place(key), question_that_switches(t.text(key, ""), d_));
      }
    }
  }

  static bool switches(const Exchange& x) { return x.name == "on" || x.name == "off"; }

  // What an order names.
  static std::vector<std::string_view> outlet_of(const Exchange& x) {
    return switches(x) ? std::vector<std::string_view>{"{outlet}"} : std::vector<std::string_view>{};
  }

  void check_send(const Table& t, const Exchange& x) {
    const Place place = t.place("send");
    tell(place, wrong_command(x.send, d_.end_of_command));
    if (!switches(x)) {
      const bool of_one = x.send.find("{outlet}") != std::string::npos;
      if (of_one) {
        t.complain("send", fmt::format("{} has a stand-in, but {} asks about the whole device", quoted(x.send), x.name));
      } else {
        tell(place, wrong_stand_in(x.send, {"{first}", "{last}"}));
      }
      return;
    }
    tell(place, wrong_stand_in(x.send, outlet_of(x)));
    tell(place, own_switching(x.send));
    bool names_outlet = x.send.find("{outlet}") != std::string::npos;
    for (const auto& message : t.texts("before")) {
      names_outlet = names_outlet || message.value.find("{outlet}") != std::string::npos;
      tell(message.place, own_switching(message.value));
    }
    for (const auto& message : t.texts("after")) tell(message.place, own_switching(message.value));
    if (!names_outlet && t.has("send") && !(x.send.empty() && x.before.empty()))
      t.complain("send", fmt::format("{} must name {{outlet}}: one order, one outlet", quoted(x.send)));
    if (x.name == "off" && names_outlet && same_order(x, d_.on))
      t.complain("send", fmt::format("{} is what on sends, too: off would close the outlet", quoted(x.send)));
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
    rule.continues = t.flag("continues", false);
    if (switches(x)) rule.before_confirm = t.flag("before_confirm", false);
    bool number = false;
    for (const auto& [group, name] : groups(rule)) {
      if (name == "number") {
        number = x.each_outlet = true;
        rule.captures.push_back({group, Says::number});
      } else if (name == "state") {
        x.states = true;
        rule.captures.push_back({group, Says::state});
      } else if (name == "control") {
        rule.captures.push_back({group, Says::control});
      } else if (const UnitName* unit = unit_named(name)) {
        x.outlet_meters = true;
        rule.captures.push_back({group, unit->says, unit->scale});
      } else {
        unknown_group(t, name, {"number", "state", "control"});
      }
    }
    if (rule.match && rule.continues && (number || x.rules.empty()))
      t.complain("continues", "a line that goes on about an outlet follows the pattern that names it, and names none");
    if (rule.match && !number && !rule.continues)
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
    std::vector<std::string> needed = {
        "line",        "prompt",      "wake", "echo", "states", "errors", "switching", "boot", "exchange.supervise",
        "exchange.on", "exchange.off"};
    if (!d_.login.empty()) needed.emplace_back("login");
    if (!d_.interrupts.empty()) needed.emplace_back("interrupt");
    if (d_.identify) needed.emplace_back("exchange.identify");
    if (d_.meters) needed.emplace_back("exchange.meters");
    if (!d_.mark.empty()) needed.emplace_back("mark");
    if (!d_.enter.empty()) needed.emplace_back("enter");
    if (d_.gap > Duration{}) needed.emplace_back("gap");
    if (root.has("meter")) needed.emplace_back("meter");
    if (d_.power_policy) needed.emplace_back("exchange.power_policy");
    read_evidence(doc_, root, needed, d_);
  }

  Document& doc_;
  CliDialect d_;
};

}  // namespace

CliDialect read_cli_dialect(Document& doc) { return CliReader(doc).read(); }

}  // namespace greenroom
