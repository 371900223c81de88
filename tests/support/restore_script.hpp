// What a model Mac's restore OS says to whoever restores it, message by message. That of a T2 asks for what idevicerestore
// 1.0.0 answers in line, that of Apple silicon for what a git build sends to ports of their own. The order of the requests
// is our choice, as it was when the engines were seen; no real Mac was recorded (unverified). Pure.
#pragma once

#include <string>
#include <vector>

#include "tests/support/model_firmware.hpp"

namespace greenroom::test {

// Its StatusMsg is the last.
std::vector<Plist> restore_script(const ModelFirmware&);

// Which data type an engine sends as a file in pieces, and not as one message.
bool comes_in_pieces(const std::string& type);

// What this Mac names of itself when it asks for the policy of its recovery system.
struct RecoveryPolicy {
  Octets next_stage = Octets(48, 0x68), nonce = Octets(48, 0x6e);
  std::string volume = "00112233-4455-6677-8899-AABBCCDDEEFF";
};

}  // namespace greenroom::test
