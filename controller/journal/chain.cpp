#include "controller/journal/chain.hpp"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

namespace greenroom {

ChainHash chain_next(const ChainHash& before, std::string_view line) {
  ChainHash out{};
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const bool ok = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1 &&
                  EVP_DigestUpdate(context.get(), before.data(), before.size()) == 1 &&
                  EVP_DigestUpdate(context.get(), line.data(), line.size()) == 1 &&
                  EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1;
  if (!ok) std::abort();  // out of memory, or a broken OpenSSL: no journal can be kept
  return out;
}

std::string chain_hex(const ChainHash& hash) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(hash.size() * 2);
  for (const unsigned char byte : hash) {
    text.push_back(digits[byte >> 4U]);
    text.push_back(digits[byte & 15U]);
  }
  return text;
}

}  // namespace greenroom
