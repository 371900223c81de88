#include <algorithm>
#include <utility>

#include "controller/domain/shifts.hpp"
#include "controller/simulate/people.hpp"

// Human times are assumptions, marked so until measured on a bench: a walk of 20 to 60 s, a scan of 2 to 5 s, cables of
// 8 to 20 s, a look at a screen every 20 s.
namespace greenroom::sim {
namespace {

constexpr int looks_at_a_taken_place = 30;

constexpr double look_again_s = 20;
constexpr Duration look_works = std::chrono::minutes{8};  // a person who pressed a key lets it do its work
constexpr Duration tries_again = std::chrono::hours{1};   // with a Mac that the room refused, or that was not found
constexpr Duration arms_ache = std::chrono::minutes{2};
constexpr int mistakes = 4;  // kinds of mistakes below

}  // namespace

asio::awaitable<void> People::technician(std::string name, Random random) {
  model::FaultDice& dice = plant_.dice();
  const auto next_break = [&] {
    const auto gap = dice.next_gap(model::FaultKind::person_break);
    return gap ? clock_.now() + *gap : never;
  };
  TimePoint break_at = next_break();
  while (!desk_.over()) {
    const WallTime today = opened_ + clock_.now().time_since_epoch();
    if (const WallTime shift = staffed_from(room_.shifts, today); shift > today) {  // goes home
      if (const auto home = co_await clock_.sleep_until(clock_.now() + (shift - today)); !home) co_return;
      continue;
    }
    if (clock_.now() >= break_at) {
      dice.count(model::FaultKind::person_break);
      const Duration rest = dice.lasts(model::FaultKind::person_break);
      if (const auto rested = co_await clock_.sleep_until(clock_.now() + rest); !rested) co_return;
      break_at = next_break();
    }
    const auto chore = next_chore();
    if (!chore) {
      if (const auto waited = co_await pause(random, look_again_s, look_again_s + 10); !waited) co_return;
      continue;
    }
    const std::string claim = chore->serial.empty() ? chore->slot : chore->serial;
    claimed_.insert(claim);
    Chore mine = *chore;
    const auto done = co_await perform(name, std::move(mine), random);
    claimed_.erase(claim);
    if (!done && done.error().code == Errc::cancelled) co_return;
  }
}

std::optional<Chore> People::next_chore() const {
  for (Chore& chore : desk_.chores()) {
    if (chore.owner != Owner::technician || chore.kind == "case") continue;
    const std::string& claim = chore.serial.empty() ? chore.slot : chore.serial;
    const auto aside = put_aside_.find(chore.serial);
    if (claimed_.contains(claim) || (chore.kind == "seat" && aside != put_aside_.end() && clock_.now() < aside->second))
      continue;
    const auto looked = looked_.find(chore.serial);
    if (chore.kind == "look" && looked != looked_.end() && clock_.now() < looked->second + look_works) continue;
    return std::move(chore);
  }
  return std::nullopt;
}

Task<void> People::perform(std::string name, Chore chore, Random& random) {
  if (chore.kind == "seat") co_return co_await seat(std::move(name), std::move(chore), random);
  if (chore.kind == "move") co_return co_await move(std::move(name), std::move(chore), random);
  if (chore.kind == "look") co_return co_await look(std::move(chore), random);
  if (chore.kind == "hold") co_return co_await hold(std::move(name), std::move(chore), random);
  if (chore.kind == "keys") co_return co_await keys(std::move(chore), random);
  co_return co_await tick(std::move(name), std::move(chore), random);
}

// The Mac that a person finds when they look for this label. A wrong label leads to the wrong Mac, as it would.
std::optional<model::MacId> People::labelled(const std::string& serial) const {
  std::optional<model::MacId> found;
  for (const RowMac& row : rows_) {
    if (!row.mac) continue;
    const model::MacSpec& spec = plant_.mac_spec(*row.mac);
    if ((spec.label.empty() ? spec.serial : spec.label) == serial && !found) found = row.mac;
  }
  return found;
}

std::optional<SlotId> People::place_for(const Chore& chore) const {
  const auto kind = chore.to == "shelf"        ? SlotKind::shelf
                    : chore.to == "pack_table" ? SlotKind::pack_table
                                               : SlotKind::restore;
  const RoomState* state = desk_.state();
  if (!state) return std::nullopt;
  std::optional<SlotId> free;
  for (std::uint32_t i = 0; i < room_.slots.size(); ++i) {
    const Slot& slot = room_.slots[i];
    if (slot.name == chore.slot && slot.kind == kind) return SlotId{i};
    const bool taken = slot.kind != SlotKind::pack_table && state->visits.slots[i].visit != 0;
    if (slot.kind == kind && !taken && !free && !claimed_.contains(slot.name)) free = SlotId{i};
  }
  return free;
}

Task<bool> People::scan(std::string name, std::string label) {
  const auto answer = co_await ask(CommandKind::scan, std::move(name), std::move(label), {}, {}, 0);
  if (!answer) co_return fail(answer.error());
  co_return answer->accepted;
}

// Walks there, scans the Mac, scans the place.
Task<People::Pair> People::scan_pair(std::string name, std::string serial, std::string slot_name, Random& random) {
  if (const auto walked = co_await pause(random, 20, 60); !walked) co_return fail(walked.error());
  const auto mac = co_await scan(name, std::move(serial));
  if (!mac) co_return fail(mac.error());
  if (!*mac) co_return Pair::mac_refused;
  if (const auto turned = co_await pause(random, 2, 5); !turned) co_return fail(turned.error());
  const auto place = co_await scan(std::move(name), std::move(slot_name));
  if (!place) co_return fail(place.error());
  co_return *place ? Pair::taken : Pair::place_refused;
}

Task<void> People::seat(std::string name, Chore chore, Random& random) {
  const auto mac = labelled(chore.serial);
  const auto place = place_for(chore);
  if (!mac) {  // searched the trolley for it
    put_aside_[chore.serial] = clock_.now() + tries_again;
    if (const auto searched = co_await pause(random, 60, 180); !searched) co_return searched;
    const auto told =
        co_await ask(CommandKind::step_failed, std::move(name), {}, std::move(chore.serial), "not on the trolley", 0);
    if (!told) co_return fail(told.error());
    co_return Result<void>{};
  }
  if (!place) co_return co_await pause(random, 5, 10);
  const std::string slot_name = room_.slots[place->value].name;
  claimed_.insert(slot_name);
  const auto taken = co_await scan_pair(name, chore.serial, slot_name, random);
  Result<void> done;
  if (!taken) done = fail(taken.error());
  else if (*taken == Pair::mac_refused) put_aside_[chore.serial] = clock_.now() + tries_again;
  else if (*taken == Pair::taken) done = co_await plug_in(*mac, *place, random);
  claimed_.erase(slot_name);
  co_return done;
}

// Charger, data cable, power button. Mistakes: the neighbour's place, no charger, no data cable, no power button.
Task<void> People::plug_in(model::MacId mac, SlotId place, Random& random) {
  std::uint64_t mistake = mistakes;
  if (plant_.dice().strikes(model::FaultKind::person_mistake))
    mistake = plant_.dice().pick(model::FaultKind::person_mistake, mistakes);
  SlotId where = place;
  if (mistake == 0) {
    const SlotId next{place.value + 1};
    const bool like = next.value < room_.slots.size() && room_.slots[next.value].kind == room_.slots[place.value].kind;
    if (like) where = next;
  }
  plant_.unplug_data(mac);  // wherever it was
  plant_.unplug_power(mac);
  if (const auto done = co_await pause(random, 4, 10); !done) co_return done;
  // A place that still has a Mac was freed by a scan a moment ago: whoever scanned is about to take it away.
  for (int look = 0; mistake != 1 && room_.slots[where.value].outlet && look < looks_at_a_taken_place; ++look) {
    if (plant_.plug_power(mac, where)) break;
    if (const auto waited = co_await pause(random, 5, 15); !waited) co_return waited;
  }
  if (const auto done = co_await pause(random, 4, 10); !done) co_return done;
  if (room_.slots[where.value].kind == SlotKind::restore) {
    if (mistake != 2) (void)plant_.plug_data(mac, where);
    if (mistake != 3 && plant_.mac(mac).mode == model::Mode::off) (void)plant_.press_power(mac);  // flat: nothing happens
  }
  co_return Result<void>{};
}

Task<void> People::move(std::string name, Chore chore, Random& random) {
  const auto mac = labelled(chore.serial);
  const auto place = place_for(chore);
  if (!mac || !place) co_return co_await pause(random, 20, 40);
  const std::string slot_name = room_.slots[place->value].name;
  claimed_.insert(slot_name);
  const auto taken = co_await scan_pair(name, chore.serial, slot_name, random);
  Result<void> done;
  if (!taken) {
    done = fail(taken.error());
  } else if (*taken == Pair::taken) {
    plant_.unplug_data(*mac);
    plant_.unplug_power(*mac);
    done = co_await pause(random, 10, 30);
    if (done && room_.slots[place->value].kind != SlotKind::pack_table) done = co_await plug_in(*mac, *place, random);
  } else {
    done = co_await pause(random, 30, 60);  // the room would not have it there: look again later
  }
  claimed_.erase(slot_name);
  co_return done;
}

// Who comes to a Mac looks at the board once more: somebody else may have done it, and the Mac be at its restore by now.
bool People::still_asked(const Chore& mine) const {
  const std::vector<Chore> board = desk_.chores();
  return std::any_of(board.begin(), board.end(), [&](const Chore& chore) {
    return chore.kind == mine.kind && chore.serial == mine.serial && chore.slot == mine.slot;
  });
}

// Goes to the Mac and puts its cables where the room believes it to be. No Mac: nothing is asked any more, or nobody finds
// it under that label.
Task<std::optional<model::MacId>> People::cables_right(const Chore& chore, Random& random) {
  if (const auto done = co_await pause(random, 20, 60); !done) co_return fail(done.error());
  if (!still_asked(chore)) co_return std::nullopt;
  const auto mac = labelled(chore.serial);
  const auto slot =
      std::find_if(room_.slots.begin(), room_.slots.end(), [&](const Slot& s) { return s.name == chore.slot; });
  if (!mac || slot == room_.slots.end()) {
    if (const auto done = co_await pause(random, 60, 120); !done) co_return fail(done.error());
    co_return std::nullopt;
  }
  const SlotId place{static_cast<std::uint32_t>(slot - room_.slots.begin())};
  const auto truth = plant_.mac(*mac);
  if (slot->outlet && truth.power != place) {
    plant_.unplug_power(*mac);
    (void)plant_.plug_power(*mac, place);
  }
  if (!slot->data_port.empty() && truth.data != place) {
    plant_.unplug_data(*mac);
    (void)plant_.plug_data(*mac, place);
  }
  if (const auto done = co_await pause(random, 8, 20); !done) co_return fail(done.error());
  co_return mac;
}

// Presses the Mac's power button if it is dark.
Task<void> People::look(Chore chore, Random& random) {
  const auto mac = co_await cables_right(chore, random);
  looked_[chore.serial] = clock_.now();
  if (!mac) co_return fail(mac.error());
  if (!*mac) co_return Result<void>{};
  const model::Mode mode = plant_.mac(**mac).mode;
  if (mode == model::Mode::off) (void)plant_.press_power(**mac);
  if (mode == model::Mode::os_less) (void)plant_.install_os(**mac);  // the keys that the instruction names
  co_return co_await pause(random, 5, 15);
}

// A desktop's power button, until the screen says DFU or nothing comes of it. A mistake: let go as soon as it has power.
Task<void> People::hold(std::string name, Chore chore, Random& random) {
  const auto mac = co_await cables_right(chore, random);
  if (!mac) co_return fail(mac.error());
  if (!*mac) co_return Result<void>{};
  const bool lets_go = plant_.dice().strikes(model::FaultKind::person_mistake);
  plant_.hold_power(**mac, true);
  std::string slot = chore.slot;
  const auto taken = co_await scan(std::move(name), std::move(slot));
  Result<void> done;
  if (!taken) done = fail(taken.error());
  const TimePoint tired = clock_.now() + arms_ache;
  while (done && *taken && clock_.now() < tired && plant_.mac(**mac).mode != model::Mode::dfu) {
    if (lets_go && plant_.mac(**mac).mains) break;
    done = co_await pause(random, 1, 2);
  }
  plant_.hold_power(**mac, false);
  if (done) done = co_await pause(random, 5, 10);
  co_return done;
}

Task<void> People::keys(Chore chore, Random& random) {
  const auto mac = co_await cables_right(chore, random);
  if (!mac) co_return fail(mac.error());
  if (!*mac) co_return Result<void>{};
  if (const auto done = co_await pause(random, 15, 25); !done) co_return done;
  const bool slips = plant_.dice().strikes(model::FaultKind::person_mistake);  // the wrong keys only restart it
  if (slips) (void)plant_.press_power(**mac);
  else (void)plant_.press_dfu_keys(**mac);
  if (const auto done = co_await pause(random, 15, 25); !done) co_return done;
  const auto data = plant_.mac(**mac).data;
  if (data && room_.slots[data->value].kind == SlotKind::pack_table) {  // seen, or not: the next one wants this cable
    plant_.unplug_data(**mac);
    (void)plant_.press_power(**mac);
  }
  co_return Result<void>{};
}

Task<void> People::tick(std::string name, Chore chore, Random& random) {
  if (const auto done = co_await pause(random, 60, 180); !done) co_return done;
  if (chore.visit == 0) co_return Result<void>{};
  const auto answer = co_await ask(CommandKind::step_done, std::move(name), {}, {}, {}, chore.visit);
  if (!answer) co_return fail(answer.error());
  co_return co_await pause(random, 5, 10);
}

Task<void> People::pause(Random& random, double from_s, double to_s) {
  co_return co_await clock_.sleep_until(clock_.now() + seconds_of(random.uniform(from_s, to_s)));
}

Task<Answer> People::ask(CommandKind kind, std::string by, std::string label, std::string serial, std::string text,
                         std::uint64_t number) {
  Command command;
  command.kind = kind;
  command.key = by + "-" + std::to_string(++keys_);
  command.by = std::move(by);
  command.label = std::move(label);
  command.serial = std::move(serial);
  command.text = std::move(text);
  command.number = number;
  co_return co_await desk_.ask(std::move(command));
}

}  // namespace greenroom::sim
