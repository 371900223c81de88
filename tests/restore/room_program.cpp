// restore_room DATA FACTS SLOTS OTHER MODEL IPSW SECONDS GATE UPSTREAM ENGINE WORDS...: the controller of a room, put
// together as `greenroom serve` does it, on the USB of this machine and with a model PDU. SLOTS is a USB port and the serial
// of the Mac that is scanned there for each: "1-4.2=C02GR00000,1-4.3=C02GR00001". These and OTHER are on an approved list;
// each Mac is to be erased within so many seconds by that engine, whose word ECID becomes the one of its job. FACTS gets
// each fact of its journal, one a line, when it is durable. It runs until it is killed.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "config/macs.hpp"
#include "config/room.hpp"
#include "controller/bench/bench.hpp"
#include "controller/journal/fact_json.hpp"
#include "controller/journal/sqlite_journal.hpp"
#include "firmware-bridge/process_engine.hpp"
#include "firmware-bridge/usb_mac_actions.hpp"
#include "hw/async/real_clock.hpp"
#include "hw/model/benchtop.hpp"
#include "hw/pdu/make_pdu.hpp"
#include "hw/usb/libusb_bus.hpp"
#include "hw/usb/usb_table.hpp"

namespace {

using namespace greenroom;

constexpr const char* room_text = R"([room]
name = "small"
[[circuit]]
name = "branch"
kind = "breaker"
rating_A = 20
voltage_V = 120
dedicated = true
[[pdu]]
name = "left"
dialect = "baytech-mmp"
line = "model:left"
circuit = "branch"
power_on = "all_off"
[usb]
per_controller = 6
per_hub = 4
[[infrastructure]]
name = "host"
kind = "controller_host"
)";

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}
template <class T>
T or_give_up(Result<T> result) {
  if (!result) give_up(result.error().message);
  return std::move(*result);
}

Step step(StepKind kind, std::string to = "") {
  Step s;
  s.kind = kind;
  s.to = std::move(to);
  return s;
}

Recipe erase_recipe(const std::string& ipsw, Duration deadline) {
  Step restore = step(StepKind::restore);
  restore.restore_kind = "erase";
  restore.firmware = ipsw;
  restore.deadline = deadline;
  restore.protects = true;
  Recipe recipe;
  recipe.id = "erase";
  recipe.version = 1;
  recipe.families = {"T2", "AppleSilicon"};
  recipe.steps = {step(StepKind::receive), step(StepKind::seat, "restore"),   step(StepKind::identify), step(StepKind::dfu),
                  std::move(restore),      step(StepKind::pack, "pack_table")};
  return recipe;
}

struct Seat {
  std::string name, port, serial;
};

std::vector<Seat> seats_of(std::string list) {
  std::vector<Seat> seats;
  std::istringstream all(std::move(list));
  for (std::string one; std::getline(all, one, ',');) {
    const std::size_t is = one.find('=');
    if (is == std::string::npos) give_up("no PORT=SERIAL: " + one);
    seats.push_back({fmt::format("1-{:02}", seats.size() + 1), one.substr(0, is), one.substr(is + 1)});
  }
  return seats;
}

RoomSetup setup_of(const std::vector<Seat>& seats, const std::string& ipsw, Duration deadline) {
  std::string text = room_text;
  for (std::size_t i = 0; i < seats.size(); ++i) {
    text += fmt::format(
        "[[slot]]\nname = \"{}\"\nbench = \"1\"\nkind = \"restore\"\ndata_port = \"host/{}\"\ndfu_entry = \"by_hand\"\n"
        "outlet = \"left:{}\"\nbrick = \"apple-30\"\n",
        seats[i].name, seats[i].port, i + 1);
  }
  RoomFile file = load_room_text(text, "room");
  for (const Complaint& complaint : file.complaints) std::fprintf(stderr, "%s\n", to_string(complaint).c_str());
  if (!file.room) give_up("the room is wrong");
  RoomSetup setup;
  setup.room = std::move(*file.room);
  setup.catalogue.models = load_macs().models;
  setup.catalogue.recipes = {erase_recipe(ipsw, deadline)};
  return setup;
}

Command command(CommandKind kind, std::string label, std::string text = "") {
  Command c;
  c.kind = kind;
  c.label = std::move(label);
  c.text = std::move(text);
  return c;
}

// What its people do: the same keys after a restart, so that all is done once.
std::vector<Command> orders(const std::vector<Seat>& seats, const std::string& other, const std::string& model) {
  Command list = command(CommandKind::import_batch, "", "returns");
  list.rows = {{2, "IT-0", other, model, "", "Returned - Wipe", "", ""}};
  for (const Seat& seat : seats) {
    const auto number = static_cast<unsigned>(list.rows.size());
    list.rows.push_back({number + 2, fmt::format("IT-{}", number), seat.serial, model, "", "Returned - Wipe", "", ""});
  }
  std::vector<Command> all{list};
  for (std::size_t i = 0; i < seats.size(); ++i) {
    all.push_back(command(CommandKind::prove_map, fmt::format("left:{}", i + 1), seats[i].name));
    all.push_back(command(CommandKind::scan, seats[i].serial));
    all.push_back(command(CommandKind::scan, seats[i].name));
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].key = "order " + std::to_string(i);
    all[i].by = "anna";
  }
  return all;
}

// The outlets of the slots are on, as somebody left them.
std::unique_ptr<model::Benchtop> model_pdu(asio::any_io_executor executor, Clock& clock, std::uint16_t outlets,
                                           std::size_t slots) {
  model::BenchtopSpec spec;
  spec.id = "baytech-mmp";
  spec.outlets = outlets;
  auto made = or_give_up(model::Benchtop::make(std::move(executor), clock, spec));
  for (std::size_t i = 0; i < slots; ++i) made->press(static_cast<std::uint16_t>(i), true);
  return made;
}

// Of the visit whose slot has this port, while it runs (rules.md R9).
std::string engine_at(const Bench& bench, const PortPath& port) {
  for (const VisitNumber number : bench.state().visits.open) {
    const Visit* visit = bench.state().visits.visit(number);
    if (visit == nullptr || !visit->slot || !visit->run.open()) continue;
    if (bench.setup().room.slots[visit->slot->value].data_port == port.text())
      return "engine job " + std::to_string(visit->run.effect);
  }
  return {};
}

std::vector<std::string> engine_words(std::vector<std::string> words, const RestoreJob& job) {
  std::replace(words.begin(), words.end(), std::string("ECID"), to_hex(job.ecid));
  return words;
}

void run(const std::vector<std::string>& words) {
  const std::string& data = words[0];
  asio::io_context loop{1};
  const auto executor = loop.get_executor();
  const std::vector<Seat> seats = seats_of(words[2]);
  RoomSetup setup = setup_of(seats, words[5], seconds_of(std::strtod(words[6].c_str(), nullptr)));
  const auto journal = or_give_up(SqliteJournal::open(executor, data + "/journal.db"));
  FoldedState folded = or_give_up(fold(*journal, setup, fingerprint_of(setup)));
  const Incarnation process{"restore_room", boot_id(), boot_time()};
  const auto clock = make_system_clock(executor, resume_at(folded.state.lifetime, process, system_wall()));

  Dialect dialect = std::move(*load_dialect(GREENROOM_SOURCE_DIR "/config/pdu/baytech-mmp.toml"));
  const auto device = model_pdu(executor, *clock, facts(dialect).count, seats.size());
  const auto pdu = make_pdu(std::move(dialect), device->open_line(), *clock);

  std::unique_ptr<Bench> bench;
  LibusbOptions options;
  options.owner = [&bench](const PortPath& port) { return bench ? engine_at(*bench, port) : std::string(); };
  const auto bus = or_give_up(make_libusb_bus(executor, *clock, std::move(options)));
  UsbTable table(*bus, *clock);
  UsbMacActions macs(*bus, table, *clock, {});
  const auto command = [&words](const RestoreJob& job) {
    return EngineCommand(engine_words({words.begin() + 9, words.end()}, job));
  };
  ProcessEngine engine(executor, *clock, data + "/jobs", EngineProgram(command, {words[7]}, words[8]));

  std::ofstream told(words[1]);
  for (const Fact& fact : or_give_up(journal->read(1, 1'000'000))) told << to_json_line(fact) << std::endl;
  bench =
      std::make_unique<Bench>(executor, std::move(setup), BenchPorts{*clock, *journal, {pdu.get()}, engine, engine, macs});
  bench->on_fact = [&told](const Fact& fact) { told << to_json_line(fact) << std::endl; };
  table.on_change([&bench](const PortPath& path, const UsbSighting* sighting) {
    bench->usb_changed(path, sighting != nullptr ? std::optional(*sighting) : std::nullopt);
  });
  TaskGroup tasks(executor);
  tasks.spawn(table.run());
  bench->start(std::move(folded), process);
  for (Command& order : orders(seats, words[3], words[4])) {
    bench->submit(std::move(order), [](const Answer& answer) {
      if (!answer.accepted) std::fprintf(stderr, "%s\n", answer.words.c_str());
    });
  }
  loop.run();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 10) return 2;
  run(words);
  return 0;
}
