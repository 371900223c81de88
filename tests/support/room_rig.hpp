// Rooms over model Macs: for each room a controller process of its own (restore_room), which a test starts, reads and kills.
#pragma once

#include <fstream>

#include "controller/journal/fact_json.hpp"
#include "tests/support/restore_rig.hpp"

namespace greenroom::test {

// Of another Mac on the list, which is not there.
constexpr const char* other_serial = "C02GR99999";

class RoomRig : public RestoreRig {
 protected:
  using RestoreRig::RestoreRig;

  // One Mac or more of one testbed, their room and the controllers that ran it, one after the other.
  struct Room {
    Room(RoomRig& rig, std::vector<RestoreMac*> all)
        : macs(std::move(all)), mac(*macs.front()), data(rig.path("room" + std::to_string(mac.identity().ecid & 0xffff))) {
      std::filesystem::create_directory(data);
    }
    const std::vector<RestoreMac*> macs;
    RestoreMac& mac;  // the first
    std::string data;
    std::vector<std::string> engine;
    double seconds = 600;  // that the recipe gives the restore
    int controllers = 0;
    pid_t controller = -1;
    std::ifstream told;
    std::string line;         // that is not whole yet
    std::vector<Fact> facts;  // that its last controller told

    // Of its one job, whatever was told of it.
    [[nodiscard]] std::string job(const std::string& file) const {
      std::error_code none;
      for (const auto& entry : std::filesystem::directory_iterator(data + "/jobs", none)) return entry.path() / file;
      return "";
    }
    [[nodiscard]] bool has(const std::string& file) const { return access(job(file).c_str(), F_OK) == 0; }
    [[nodiscard]] bool permitted() const { return has("permit"); }
    template <class T>
    [[nodiscard]] const T* first() const {
      for (const Fact& fact : facts) {
        if (const T* body = std::get_if<T>(&fact.body); body != nullptr) return body;
      }
      return nullptr;
    }
    template <class T>
    [[nodiscard]] std::optional<TimePoint> when(const std::function<bool(const T&)>& fits) const {
      for (const Fact& fact : facts) {
        if (const T* body = std::get_if<T>(&fact.body); body != nullptr && fits(*body)) return fact.at;
      }
      return std::nullopt;
    }
    [[nodiscard]] bool held_for(const std::string& reason) const {
      return when<CaseOpened>([&](const CaseOpened& f) { return f.reason == reason; }).has_value();
    }
    [[nodiscard]] bool put_back() const {
      return when<EffectEnded>([](const EffectEnded& f) { return f.kind == "put_back" && f.ok; }).has_value();
    }
    [[nodiscard]] std::string all() const {
      std::string text;
      for (const Fact& fact : facts) {
        if (!std::holds_alternative<OutletSensed>(fact.body)) text += to_json_line(fact) + "\n";
      }
      return text;
    }
  };

  Room& add_room(MacBoot::Arrival arrival = MacBoot::Arrival::dfu) {
    RestoreMac& mac = add_mac(arrival);
    Room& room = rooms_.emplace_back(*this, std::vector{&mac});
    room.engine = engine_for(mac);
    return room;
  }
  void start(Room& room) {
    const std::string facts = room.data + "/facts" + std::to_string(++room.controllers);
    write_file(facts, "");
    std::string slots;
    for (const RestoreMac* mac : room.macs) slots += (slots.empty() ? "" : ",") + mac->port() + "=" + mac->identity().serial;
    std::vector<std::string> words{"/usr/bin/env",
                                   "UMOCKDEV_DIR=" + room.mac.root(),
                                   GREENROOM_ROOM_PROGRAM,
                                   room.data,
                                   facts,
                                   slots,
                                   other_serial,
                                   firmware_.apple_silicon() ? firmware_.product : "MacBookPro15,2",
                                   path("t2.ipsw"),
                                   std::to_string(room.seconds),
                                   gate_program_,
                                   path("upstream")};
    words.insert(words.end(), room.engine.begin(), room.engine.end());
    room.facts.clear();
    room.line.clear();
    room.told = std::ifstream(facts);
    room.controller = spawn_program(std::move(words));
  }
  static void kill_controller(Room& room) {
    ASSERT_EQ(kill(room.controller, SIGKILL), 0);
    ASSERT_EQ(waitpid(room.controller, nullptr, 0), room.controller);
    read_on(room);
  }
  static void read_on(Room& room) {
    room.told.clear();
    std::array<char, 4096> part{};
    for (;;) {
      room.told.read(part.data(), part.size());
      if (room.told.gcount() == 0) return;
      room.line.append(part.data(), static_cast<std::size_t>(room.told.gcount()));
      for (auto end = room.line.find('\n'); end != std::string::npos; end = room.line.find('\n')) {
        room.facts.push_back(*fact_from_json(room.line.substr(0, end)));
        room.line.erase(0, end + 1);
      }
    }
  }
  // Turns the loop until it holds of the room.
  bool until(Room& room, const std::function<bool()>& holds, int restores = 1) {
    bool held = false;
    while (!held && restores-- > 0) {
      held = in_time_for_a_restore([&] {
        read_on(room);
        return holds();
      });
    }
    if (!held) ADD_FAILURE() << "in vain, after\n" << room.all() << read_file(path("stderr"));
    return held;
  }

  std::list<Room> rooms_;
};

}  // namespace greenroom::test
