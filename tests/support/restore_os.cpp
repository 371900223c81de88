#include "tests/support/restore_os.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "tests/support/restore_script.hpp"

namespace greenroom::test {
namespace {

constexpr std::uint16_t restored_port = 62078, asr_port = 12345;
constexpr std::size_t chunk = 0x20000;  // of the image, each with its SHA-1 where that was asked for

// ---- restored's messages ----

asio::awaitable<Plist> receive(MuxSocket& from) {
  std::array<std::uint8_t, 4> head{};
  co_await asio::async_read(from, asio::buffer(head), asio::use_awaitable);
  const std::size_t size = static_cast<std::size_t>(head[0]) << 24 | head[1] << 16 | head[2] << 8 | head[3];
  constexpr std::size_t longest = 64U << 20;
  std::string text(std::min(size, longest), '\0');
  co_await asio::async_read(from, asio::buffer(text), asio::use_awaitable);
  co_return parse_plist(text).value_or(Plist::object());
}

asio::awaitable<void> send(MuxSocket& to, const Plist& message) {
  const std::string text = print_plist(message);
  std::string all;
  for (int shift = 24; shift >= 0; shift -= 8) all.push_back(static_cast<char>(text.size() >> shift));
  all += text;
  co_await asio::async_write(to, asio::buffer(all), asio::use_awaitable);
}

// ---- ASR's: property lists one after the other, then raw bytes ----

asio::awaitable<void> send_bare(MuxSocket& to, const Plist& message) {
  const std::string text = print_plist(message);
  co_await asio::async_write(to, asio::buffer(text), asio::use_awaitable);
}

asio::awaitable<Plist> receive_bare(MuxSocket& from) {
  constexpr std::string_view end = "</plist>\n";
  std::string text;
  const std::size_t size = co_await asio::async_read_until(from, asio::dynamic_buffer(text), end, asio::use_awaitable);
  co_return size == text.size() ? parse_plist(text).value_or(Plist::object()) : Plist::object();
}

asio::awaitable<Octets> receive_bytes(MuxSocket& from, std::size_t size) {
  Octets bytes(size);
  co_await asio::async_read(from, asio::buffer(bytes), asio::use_awaitable);
  co_return bytes;
}

}  // namespace

std::string RestoreOs::udid() const { return fmt::format("{:08X}{:016X}", firmware_.chip, mac_.ecid); }

bool RestoreOs::listens(std::uint16_t port) const {
  return port == restored_port || (port == asr_port && image_asked_) || (port != 0 && port == open_port_);
}

asio::awaitable<void> RestoreOs::serve(std::uint16_t port, MuxSocket socket) {
  if (port == restored_port) co_await restored(socket);
  else if (port == asr_port) co_await take_image(socket);
  else co_await take_answer(socket);
}

asio::awaitable<void> RestoreOs::restored(MuxSocket& socket) {
  const auto answer = [](const std::string& request, Plist more) {
    more["Request"] = request;
    more["Result"] = "Success";
    return more;
  };
  for (;;) {
    const Plist asked = co_await receive(socket);
    const std::string request = text_in(asked, "Request"), key = text_in(asked, "QueryKey");
    seen.push_back(key.empty() ? request : request + " " + key);
    Plist reply = Plist::object();
    if (request == "StartRestore") {
      if (!co_await restore(socket)) co_return;
      continue;
    }
    if (request == "QueryType") {
      // 1.0.0 compares the serial number, which recovery had told it, with the one in this answer.
      reply = {{"Type", "com.apple.mobile.restored"}, {"RestoreProtocolVersion", 15}, {"SerialNumber", mac_.serial}};
    } else if (key == "HardwareInfo") {
      reply[key] = {{"UniqueChipID", mac_.ecid},
                    {"BoardID", firmware_.board_id},
                    {"ChipID", firmware_.chip},
                    {"ProductionMode", true}};
    } else if (key == "SavedDebugInfo") {
      reply[key] = Plist::object();
    } else if (request != "Goodbye") {
      wrong.push_back("a request " + seen.back());
    }
    const Plist told = answer(request, std::move(reply));
    co_await send(socket, told);
  }
}

// False when it went no further: whoever restores sees the connection end.
asio::awaitable<bool> RestoreOs::restore(MuxSocket& s) {
  ++starts;
  std::vector<Plist> script = restore_script(firmware_);
  if (lies) script.erase(script.begin(), script.end() - 1);
  for (Plist& message : script) {
    const std::string kind = text_in(message, "MsgType"), type = text_in(message, "DataType");
    if (type == "SystemImageData") {
      if (!co_await ask_for_image(s, message)) co_return false;
      erased = true;  // not at the checkpoint already: who judges by this flag is content with no less than the whole
    } else if (kind == "DataRequestMsg") {
      if (!co_await ask(s, message)) co_return false;
    } else {
      co_await send(s, message);
    }
    if (kind == "RestoreAttestation" && !co_await take_refusal(s)) co_return false;
  }
  const Plist last = co_await receive(s);
  seen.push_back(text_in(last, "MsgType"));
  if (seen.back() != "ReceivedFinalStatusMsg") wrong.push_back("another answer to the final status");
  co_return true;
}

// Engines decline to attest, and a Mac goes on (macs.md 5.1).
asio::awaitable<bool> RestoreOs::take_refusal(MuxSocket& s) {
  const Plist answer = co_await receive(s);
  seen.emplace_back("RestoreAttestation");
  if (answer == Plist{{"RestoreShouldAttest", false}}) co_return true;
  wrong.emplace_back("RestoreAttestation: another answer");
  co_return false;
}

asio::awaitable<bool> RestoreOs::ask(MuxSocket& s, Plist message) {
  const std::string type = text_in(message, "DataType");
  if (firmware_.apple_silicon()) {
    open_port_ = ++last_port_;
    message["DataPort"] = open_port_;
    pieces_ = comes_in_pieces(type);
  }
  co_await send(s, message);
  std::string why;
  Plist answer;
  if (!firmware_.apple_silicon()) answer = co_await receive(s);
  else if (co_await answered_.wait()) answer = std::exchange(answer_, nullptr);
  const Plist about = message.value("Arguments", Plist::object());
  const std::string image = text_in(about, "ImageName");
  seen.push_back(image.empty() ? type : type + " " + image);
  why = answer.is_null() ? "the answer broke off" : what_is_wrong(type, about, answer);
  if (!why.empty()) wrong.push_back(type + ": " + why);
  co_return why.empty();
}

// One answer at a port of its own: a message, or a file in pieces of 8 KiB and a word that this was all.
asio::awaitable<void> RestoreOs::take_answer(MuxSocket& s) {
  constexpr std::size_t longest_piece = 8192;
  open_port_ = 0;
  Octets file;
  try {
    for (answer_ = nullptr; answer_.is_null();) {
      const Plist part = co_await receive(s);
      const Octets piece = data_in(part, "FileData");
      if (piece.size() > longest_piece) wrong.push_back(fmt::format("a piece of {} bytes", piece.size()));
      file.insert(file.end(), piece.begin(), piece.end());
      if (!pieces_) answer_ = part;
      else if (part.value("FileDataDone", false)) answer_ = Plist{{"FileData", plist_data(file)}};
      else if (piece.empty()) answer_ = Plist{{"neither a piece nor the end", part}};
    }
  } catch (const boost::system::system_error&) {  // answer_ stays nothing
  }
  answered_.set();
}

// It comes on a connection of its own.
asio::awaitable<bool> RestoreOs::ask_for_image(MuxSocket& s, const Plist& message) {
  image_asked_ = true;
  co_await send(s, message);
  seen.emplace_back("SystemImageData");
  co_return co_await image_ended_.wait() && image_whole_;
}

asio::awaitable<void> RestoreOs::take_image(MuxSocket& s) {
  std::string why;
  try {
    why = co_await what_is_wrong_with_the_image(s);
  } catch (const boost::system::system_error&) { why = "the image broke off"; }
  image_whole_ = why.empty();
  if (!why.empty()) wrong.push_back("ASR: " + why);
  image_ended_.set();
}

asio::awaitable<std::string> RestoreOs::what_is_wrong_with_the_image(MuxSocket& s) const {
  const Octets& whole = firmware_.at("OS").payload;
  const auto same = [&whole](const Octets& part, std::size_t from) {
    return std::equal(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(from));
  };
  const Plist begin{{"Command", "Initiate"}, {"Checksum Chunks", true}}, payload{{"Command", "Payload"}};
  co_await send_bare(s, begin);
  const Plist about = co_await receive_bare(s);
  const auto size = about.value(Plist::json_pointer("/Payload/Size"), std::uint64_t{0});
  if (size != whole.size()) co_return fmt::format("an image of {} bytes", size);
  // Head, tail and middle first, as if it looked what this is.
  struct Piece {
    std::size_t offset, length;
  };
  for (const Piece piece : {Piece{0, 65536}, Piece{whole.size() - 512, 512}, Piece{whole.size() / 2, 4096}}) {
    const Plist wanted{{"Command", "OOBData"}, {"OOB Offset", piece.offset}, {"OOB Length", piece.length}};
    co_await send_bare(s, wanted);
    const Octets part = co_await receive_bytes(s, piece.length);
    if (!same(part, piece.offset)) co_return fmt::format("other bytes at {}", piece.offset);
  }
  co_await send_bare(s, payload);
  for (std::size_t at = 0; at < whole.size(); at += chunk) {
    if (at >= cable_out_at) throw boost::system::system_error(asio::error::eof);
    const Octets part = co_await receive_bytes(s, std::min(chunk, whole.size() - at));
    const Octets sum = co_await receive_bytes(s, SHA_DIGEST_LENGTH);
    Octets own(SHA_DIGEST_LENGTH);
    SHA1(part.data(), part.size(), own.data());
    if (sum != own) co_return fmt::format("a chunk at {} with another checksum", at);
    if (!same(part, at)) co_return fmt::format("another chunk at {}", at);
  }
  co_return "";
}

}  // namespace greenroom::test
