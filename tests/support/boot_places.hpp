// The places of a model Mac's boot: which command each recovery takes next, and which image must have come before it. Those
// of a T2 are what idevicerestore 1.0.0 keeps to, those of Apple silicon what a git build does (both seen, docs/testing.md);
// what a real iBoot would forgive is unverified. Pure.
#pragma once

#include <deque>
#include <string>

#include "tests/support/model_firmware.hpp"

namespace greenroom::test {

struct BootPlace {
  std::string command;
  std::string image;         // sent since the command before; empty for none
  std::uint8_t request = 0;  // bRequest of the command
};

std::deque<BootPlace> first_recovery(const ModelFirmware&);   // what iBSS takes
std::deque<BootPlace> second_recovery(const ModelFirmware&);  // what iBEC takes
// By hand, wherever it stands in recovery.
std::deque<BootPlace> put_back();

}  // namespace greenroom::test
