// The hash chain: hash(n) = SHA-256(hash(n-1) || line(n)), hash(0) = 32 zero bytes. FIPS 180-4, by OpenSSL.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace greenroom {

using ChainHash = std::array<unsigned char, 32>;

ChainHash chain_next(const ChainHash& before, std::string_view line);
std::string chain_hex(const ChainHash&);

}  // namespace greenroom
