// Boot images as the engine wraps them: an IMG4 is DER, SEQUENCE { "IMG4", the IM4P of the IPSW, [0] { the ticket } }; an
// IM4P is SEQUENCE { "IM4P", a tag of four letters, a description, OCTET STRING payload }. The payload and the ticket are
// ours: no model Mac runs them, but it compares each byte. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/usb_face.hpp"

namespace greenroom::test {

Octets im4p(std::string_view tag, const Octets& payload);

Octets img4(const Octets& im4p, const Octets& ticket);

struct Img4 {
  std::string tag;
  Octets payload, ticket;
};
// Nothing for bytes that are no such image, to the last one.
std::optional<Img4> read_img4(const Octets&);

// What a ticket is for: the restore; on Apple silicon also the policy that lets the restore system start, the recovery
// system that stays behind, its policy, and the firmware of its USB-C port controller.
enum class TicketKind : std::uint8_t { restore, local_policy, recovery_os, recovery_os_policy, port_controller };
// What the signing server gives to one Mac for one nonce, and what no other Mac takes.
Octets ticket_for(std::uint64_t ecid, const Octets& nonce, TicketKind kind = TicketKind::restore);

// That of the system's own disk images, the same for all Macs of a chip here.
Octets cryptex_ticket(std::uint64_t chip);

// Bytes that look like nothing and are the same in every run.
Octets noise(std::uint32_t seed, std::size_t size);

}  // namespace greenroom::test
