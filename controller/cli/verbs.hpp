// The verbs of the program, one function each. They print to stdout what was asked for and to stderr all else, and
// return the exit code: 0 done, 1 failed, 2 used wrongly.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace greenroom::cli {

int demo(const std::vector<std::string>& arguments);
int room(const std::vector<std::string>& arguments);
int room_udev(const std::vector<std::string>& arguments);  // room udev
int room_map(const std::vector<std::string>& arguments);   // room map
int recipe(const std::vector<std::string>& arguments);
int batch(const std::vector<std::string>& arguments);
int journal(const std::vector<std::string>& arguments);
int serve(const std::vector<std::string>& arguments);
int model(const std::vector<std::string>& arguments);
int model_engine(const std::vector<std::string>& arguments);  // started by the gate of an engine job in a simulated room
int gate(const std::vector<std::string>& arguments);          // started by the service for each engine job

// Clients of a running room.
int status(const std::vector<std::string>& arguments);
int slots(const std::vector<std::string>& arguments);
int slot(const std::vector<std::string>& arguments);
int circuits(const std::vector<std::string>& arguments);
int pdu(const std::vector<std::string>& arguments);       // ports, dialects, read, set ...: without a room
int firmware(const std::vector<std::string>& arguments);  // list, add, check: the IPSW files of a folder
int doctor(const std::vector<std::string>& arguments);    // is this machine fit to restore Macs?
int usb(const std::vector<std::string>& arguments);       // list, watch, trace: without a room
int mac(const std::vector<std::string>& arguments);       // identify, dfu, put-back: one Mac, without a service
int simulate(const std::vector<std::string>& arguments);  // campaigns on virtual time
int pdus(const std::vector<std::string>& arguments);
int power(const std::vector<std::string>& arguments);
int cases(const std::vector<std::string>& arguments);
int chores(const std::vector<std::string>& arguments);
int watch(const std::vector<std::string>& arguments);
int command(const std::vector<std::string>& arguments);
// batch import | list | show; nothing for any other word.
std::optional<int> batch_of_room(const std::vector<std::string>& arguments);

}  // namespace greenroom::cli
