#include "controller/simulate/wrong_mac/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom::sim::wrong_mac {
namespace {

struct ModelOf {
  const char *product, *name, *number;
  std::uint16_t chip;
  std::uint8_t board;
};
constexpr ModelOf models[] = {{"MacBookPro18,1", "MacBook Pro 16", "A2485", 0x6000, 0x0A},
                              {"Mac16,1", "MacBook Pro 14", "A3112", 0x8132, 0x2A}};

Step step(StepKind kind, Duration deadline, int tries = 1) {
  Step s;
  s.kind = kind;
  s.deadline = deadline;
  s.tries = tries;
  s.instruction = "See to " + std::string(to_string(kind)) + ".";
  return s;
}

// The full recipe without what needs power: R4 and R9 ask nothing of an outlet, and the other campaigns ask it of rooms that
// have them.
Catalogue catalogue() {
  using std::chrono::hours;
  using std::chrono::minutes;
  Recipe r;
  r.id = "full-apple-silicon";
  r.version = 1;
  r.families = {"AppleSilicon"};
  r.steps = {step(StepKind::receive, hours{24}),       step(StepKind::seat, hours{24}),
             step(StepKind::identify, minutes{10}, 2), step(StepKind::clear, hours{4}),
             step(StepKind::dfu, minutes{5}, 3),       step(StepKind::restore, minutes{60}, 3),
             step(StepKind::first_boot, minutes{20}),  step(StepKind::pack, hours{4})};
  r.steps[1].to = "restore";
  r.steps[5].restore_kind = "erase";
  Catalogue all;
  all.recipes = {std::move(r)};
  for (const ModelOf& m : models) {
    MacModel model;
    model.product_type = m.product;
    model.name = m.name;
    model.model_numbers = {m.number};
    model.family = "AppleSilicon";
    model.chip_boards = {std::uint32_t{m.chip} << 8U | m.board};
    all.models.push_back(std::move(model));
  }
  return all;
}

Room room_of(std::size_t ports) {
  Room room;
  room.name = "wrong-mac";
  for (std::size_t i = 0; i < ports; ++i) {
    Slot s;
    s.name = fmt::format("1-{:02}", i + 1);
    s.bench = "1";
    s.data_port = fmt::format("host/1-{}", i + 1);
    s.dfu_entry = DfuEntry::vdm;
    room.slots.push_back(std::move(s));
  }
  Slot table;
  table.name = "pack";
  table.bench = "pack";
  table.kind = SlotKind::pack_table;
  room.slots.push_back(std::move(table));
  return room;
}

class Planning {
 public:
  Planning(std::uint64_t seed, RuleSet rules) : draw_(Random(seed).stream("plan")) {
    plan_.setup.rules = rules;
    plan_.setup.catalogue = catalogue();
  }

  Plan make() {
    plan_.ports = 2 + draw_.below(5);
    plan_.setup.room = room_of(plan_.ports);
    plan_.setup.room.fenced = draw_.chance(0.75);
    const std::size_t ours = 2 + draw_.below(4);
    for (std::size_t i = 0; i < ours; ++i) row("Returned - Wipe", true);
    if (draw_.chance(0.3)) row("Legal Hold", false);
    plan_.greedy = draw_.chance(0.5) ? draw_.uniform() : 0.0;
    if (draw_.chance(0.1)) plan_.lies = 0.2;
    if (draw_.chance(0.2)) plan_.fails = 0.2;
    if (draw_.chance(0.3)) plan_.slowest_commit = seconds_of(draw_.uniform(0.01, 8));
    for (std::uint64_t n = draw_.below(4); n > 0; --n) confusion();
    for (std::uint64_t n = draw_.below(4); n > 0; --n) mishap();
    if (draw_.chance(0.2)) cross_over();
    return std::move(plan_);
  }

 private:
  std::string new_serial() {
    constexpr std::string_view letters = "ABCDEFGHJKLMNPQRSTVWXYZ0123456789";
    std::string serial = "C0";
    while (serial.size() < 10) serial += letters[draw_.below(letters.size())];
    return serial;
  }

  MacNo mac(const std::string& serial, std::size_t model, bool ours) {
    Mac m;
    m.serial = m.iboot_serial = m.booted_serial = serial;
    m.ecid = 1 + draw_.below(std::uint64_t{1} << 52U);
    m.port_ecid = 1 + draw_.below(std::uint64_t{1} << 60U);
    m.chip = models[model].chip;
    m.board = models[model].board;
    m.ours = ours;
    const double family = draw_.uniform();
    m.family = family < 0.6 ? Family::usual : family < 0.8 ? Family::kis : Family::port_dfu;
    plan_.macs.push_back(std::move(m));
    return plan_.macs.size() - 1;
  }

  void row(const char* status, bool ours) {
    const std::size_t model = draw_.below(std::size(models));
    const std::string serial = new_serial();
    const MacNo number = mac(serial, model, ours);
    plan_.rows.push_back({plan_.rows.size() + 2, fmt::format("TAG{}", plan_.rows.size()), serial, models[model].name,
                          models[model].number, status, "cage", ""});
    if (ours) plan_.items.push_back({serial, number, number});
    else plan_.macs[number].disturbed = true;
  }

  std::size_t any_item() { return draw_.below(plan_.items.size()); }
  std::size_t model_of(const Mac& m) { return m.chip == models[0].chip ? 0 : 1; }
  void disturb(std::size_t item) {
    plan_.macs[plan_.items[item].mac].disturbed = plan_.macs[plan_.items[item].hand].disturbed = true;
  }

  // People take the wrong Mac for a label from the beginning. Each leaves something that R4 compares different: of two Macs
  // of one serial, one model and one label nothing tells which is meant, before the first was seen in DFU.
  void confusion() {
    const std::size_t item = any_item();
    if (plan_.items[item].hand != plan_.items[item].mac) return;
    const Mac meant = plan_.macs[plan_.items[item].mac];
    switch (draw_.below(6)) {
      case 0: return exchange_labels(item);
      case 1: {  // a Mac that nobody gave us
        const MacNo stranger = mac(new_serial(), model_of(meant), false);
        plan_.items[item].hand = stranger;
        if (draw_.chance(0.5)) plan_.macs[stranger].booted_serial.clear();
        break;
      }
      case 2: {  // one of another model that says the serial that is meant
        plan_.items[item].hand = mac(meant.serial, 1 - model_of(meant), false);
        break;
      }
      case 3: return carry_clone(item);
      case 4: {  // one of the list that is not approved
        const auto held = std::find_if(plan_.rows.begin(), plan_.rows.end(),
                                       [](const ExpectedRow& r) { return r.status == "Legal Hold"; });
        if (held == plan_.rows.end()) return;
        for (MacNo m = 0; m < plan_.macs.size(); ++m) {
          if (plan_.macs[m].serial == held->serial) plan_.items[item].hand = m;
        }
        break;
      }
      default: {  // its iBoot does not say its serial, or not right
        Mac& m = plan_.macs[plan_.items[item].mac];
        m.iboot_serial = draw_.chance(0.5) ? "" : "C0#?~";
        break;
      }
    }
    disturb(item);
  }

  void exchange_labels(std::size_t item) {
    const std::size_t other = any_item();
    if (other == item || plan_.items[other].hand != plan_.items[other].mac) return;
    std::swap(plan_.items[item].hand, plan_.items[other].hand);
    for (const std::size_t i : {item, other}) {
      disturb(i);
      if (draw_.chance(0.5)) plan_.macs[plan_.items[i].mac].booted_serial.clear();
    }
  }

  // A Mac that is not ours says the serial of `item`. It is taken for another label first, and carried over to its own
  // place while that visit is still open.
  void carry_clone(std::size_t item) {
    const std::size_t first = any_item();
    Item& later = plan_.items[item];
    if (first == item || plan_.items[first].hand != plan_.items[first].mac) return;
    const MacNo clone = mac(later.serial, model_of(plan_.macs[later.mac]), false);
    plan_.macs[clone].booted_serial.clear();
    plan_.macs[clone].family = Family::usual;  // its own ECID is seen before its engine starts
    plan_.items[first].hand = later.hand = clone;
    later.waits = later.carried = true;
    disturb(first), disturb(item);
    Mishap m = strike(MishapKind::release, first, draw_.chance(0.5) ? Mode::dfu : Mode::recovery);
    m.after = seconds_of(draw_.uniform(0, 10));
    plan_.mishaps.push_back(m);
  }

  Mishap strike(MishapKind kind, std::size_t item, Mode when) {
    Mishap m;
    m.kind = kind;
    m.item = item;
    m.when = when;
    m.after = seconds_of(draw_.uniform(0, draw_.chance(0.5) ? 5 : 45));
    m.draw = draw_.uniform();
    return m;
  }

  // What an engine needs to take another Mac for its own: a Mac that nobody gave us stands on the same host, or comes there
  // while the engine looks; and the right one comes up without its engine, so that its gate opens.
  void cross_over() {
    const std::size_t item = any_item();
    const Mac meant = plan_.macs[plan_.items[item].mac];
    const bool adopted = meant.family == Family::port_dfu;  // the next one that comes
    Mishap comes = strike(MishapKind::stranger, item, adopted ? Mode::port_dfu : Mode::booted);
    comes.after = seconds_of(draw_.uniform(0, adopted ? 15 : 5));
    comes.mac = mac(new_serial(), model_of(meant), false);
    plan_.mishaps.push_back(comes);
    Mishap falls = strike(MishapKind::fall_back, item, Mode::dfu);
    falls.after = seconds_of(draw_.uniform(0, adopted ? 20 : 6));
    plan_.mishaps.push_back(falls);
    if (!adopted) plan_.greedy = draw_.uniform(0.5, 1);
    plan_.setup.room.fenced = draw_.chance(0.5);
  }

  Mode any_mode() {
    constexpr Mode modes[] = {Mode::booted, Mode::dfu, Mode::dfu, Mode::recovery, Mode::recovery, Mode::restore};
    return modes[draw_.below(std::size(modes))];
  }

  void mishap() {
    constexpr MishapKind kinds[] = {MishapKind::swap, MishapKind::replug,   MishapKind::restart,
                                    MishapKind::twin, MishapKind::stranger, MishapKind::revoke,
                                    MishapKind::kill, MishapKind::kill,     MishapKind::fall_back};
    const std::size_t item = any_item();
    const Mode when = any_mode();  // in an order of ours: that of a call's arguments is the compiler's
    const MishapKind kind = kinds[draw_.below(std::size(kinds))];
    Mishap m = strike(kind, item, when);
    const Mac meant = plan_.macs[plan_.items[item].mac];
    if (m.kind == MishapKind::twin) {
      // Before its like was seen in DFU nothing could tell it from the one that is meant.
      if (m.when == Mode::booted) m.when = Mode::dfu;
      m.mac = mac(meant.serial, model_of(meant), false);
    }
    if (m.kind == MishapKind::stranger) m.mac = mac(new_serial(), model_of(meant), false);
    if (m.kind == MishapKind::revoke) m.draw = draw_.uniform();
    plan_.mishaps.push_back(m);
  }

  Random draw_;
  Plan plan_;
};

}  // namespace

Plan plan_history(std::uint64_t seed, RuleSet rules) { return Planning(seed, rules).make(); }

}  // namespace greenroom::sim::wrong_mac
