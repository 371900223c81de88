#include "tests/support/img4.hpp"

#include <initializer_list>

namespace greenroom::test {
namespace {

constexpr std::uint8_t ia5 = 0x16, octets = 0x04, sequence = 0x30, first_context = 0xa0;

// The length as DER has it: the shortest form.
Octets element(std::uint8_t tag, std::initializer_list<Octets> parts) {
  std::size_t size = 0;
  for (const Octets& part : parts) size += part.size();
  Octets all{tag};
  if (size < 0x80) {
    all.push_back(static_cast<std::uint8_t>(size));
  } else {
    std::uint8_t digits = 1;
    while (size >> (8 * digits) != 0) ++digits;
    all.push_back(static_cast<std::uint8_t>(0x80 | digits));
    while (digits-- > 0) all.push_back(static_cast<std::uint8_t>(size >> (8 * digits)));
  }
  for (const Octets& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Octets bytes(std::string_view text) { return {text.begin(), text.end()}; }

// Reads elements one after the other; a wrong one ends it.
class Reader {
 public:
  explicit Reader(Octets of) : all_(std::move(of)) {}
  std::optional<Octets> take(std::uint8_t tag) {
    if (all_.size() - at_ < 2 || all_[at_] != tag) return std::nullopt;
    std::size_t size = all_[at_ + 1];
    at_ += 2;
    if (size >= 0x80) {
      std::size_t digits = size & 0x7f;
      if (digits > 4 || digits > all_.size() - at_) return std::nullopt;
      for (size = 0; digits > 0; --digits) size = size << 8 | all_[at_++];
    }
    if (size > all_.size() - at_) return std::nullopt;
    const auto begin = all_.begin() + static_cast<std::ptrdiff_t>(at_);
    at_ += size;
    return Octets(begin, begin + static_cast<std::ptrdiff_t>(size));
  }
  [[nodiscard]] bool at_end() const { return at_ == all_.size(); }

 private:
  Octets all_;
  std::size_t at_ = 0;
};

}  // namespace

Octets im4p(std::string_view tag, const Octets& payload) {
  return element(sequence, {element(ia5, {bytes("IM4P")}), element(ia5, {bytes(tag)}), element(ia5, {bytes("model")}),
                            element(octets, {payload})});
}

Octets img4(const Octets& im4p, const Octets& ticket) {
  return element(sequence, {element(ia5, {bytes("IMG4")}), im4p, element(first_context, {ticket})});
}

std::optional<Img4> read_img4(const Octets& image) {
  Reader outer(image);
  const auto body = outer.take(sequence);
  if (!body || !outer.at_end()) return std::nullopt;
  Reader parts(*body);
  const auto magic = parts.take(ia5);
  const auto file = parts.take(sequence);
  auto ticket = parts.take(first_context);
  if (magic != bytes("IMG4") || !file || !ticket || !parts.at_end()) return std::nullopt;
  Reader fields(*file);
  const auto kind = fields.take(ia5), tag = fields.take(ia5), about = fields.take(ia5);
  auto payload = fields.take(octets);
  if (kind != bytes("IM4P") || !tag || !about || !payload || !fields.at_end()) return std::nullopt;
  return Img4{{tag->begin(), tag->end()}, std::move(*payload), std::move(*ticket)};
}

Octets ticket_for(std::uint64_t ecid, const Octets& nonce, TicketKind kind) {
  Octets id{static_cast<std::uint8_t>(kind)};
  for (int shift = 56; shift >= 0; shift -= 8) id.push_back(static_cast<std::uint8_t>(ecid >> shift));
  constexpr std::size_t as_long_as_a_real_one = 4000;
  return element(sequence, {element(ia5, {bytes("IM4M")}), element(octets, {id}), element(octets, {nonce}),
                            element(octets, {noise(static_cast<std::uint32_t>(ecid), as_long_as_a_real_one)})});
}

Octets cryptex_ticket(std::uint64_t chip) { return noise(static_cast<std::uint32_t>(chip), 1024); }

Octets noise(std::uint32_t seed, std::size_t size) {
  Octets all(size);
  for (std::uint8_t& byte : all) {
    seed = seed * 1664525U + 1013904223U;  // Numerical Recipes' generator: the upper bits are good enough here
    byte = static_cast<std::uint8_t>(seed >> 24);
  }
  return all;
}

}  // namespace greenroom::test
