// Hostile bytes on a Modbus line: whatever comes, in whatever pieces, nothing is a reply that is not whole by its check sum.
// Input: function, count, whether the line hears itself, size of the pieces, then the bytes; a leading 0x01 repairs the last
// two bytes into a check sum, so that the fuzzer gets behind it.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "hw/pdu/modbus_frame.hpp"
#include "hw/pdu/modbus_values.hpp"

namespace {

using namespace greenroom;

ModbusDialect dialect() {
  ModbusDialect d;
  d.first = 1;
  d.count = 16;
  d.banks.push_back({"A", 1, 16});
  return d;
}

void read_values(const ModbusDialect& d, const modbus::Request& r, std::string_view data, std::uint8_t kind) {
  ModbusRead read;
  read.request = r;
  ModbusItem item;
  const bool bits = modbus::is_of_bits(r.function);
  item.type = bits ? ModbusType::bit : static_cast<ModbusType>(1 + kind % 5);
  item.says = bits ? ModbusSays::state : ModbusSays::current;
  item.low = -100;
  item.high = 100;
  if (bits) item.outlet = 1, item.repeat = std::min<std::uint16_t>(r.count, 16), item.stride = 1;
  else if (r.count < 2) return;
  else item.bank = 0;
  read.items.push_back(item);
  PduReading reading = blank_reading(d);
  const auto filled = fill(d, read, data, reading);
  if (!filled) return;
  if (!bits && reading.banks[0].current && std::abs(reading.banks[0].current->value()) > 100) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ModbusDialect d = dialect();
  constexpr modbus::Function functions[] = {modbus::Function::read_coils,           modbus::Function::read_holding_registers,
                                            modbus::Function::read_input_registers, modbus::Function::write_coil,
                                            modbus::Function::write_coils,          modbus::Function::read_discrete_inputs,
                                            modbus::Function::write_register,       modbus::Function::write_registers};
  if (size < 5) return 0;
  modbus::Request r(1, functions[data[0] % std::size(functions)], 0, static_cast<std::uint16_t>(data[1] % 60 + 1));
  if (!modbus::is_read(r.function)) {
    if (r.function == modbus::Function::write_coil || r.function == modbus::Function::write_register) r.count = 1;
    r.values.assign(r.count, 0);
  }
  const auto sent = modbus::encode(r);
  if (!sent) std::abort();
  modbus::ReplyReader reader;
  reader.begin(r, *sent, data[2] % 2 != 0);
  const std::size_t piece = data[3] % 16 + 1;
  std::string bytes(data + 5, data + size);
  if (data[4] == 1 && bytes.size() >= 4) {
    const std::uint16_t sum = modbus::crc16(std::string_view(bytes).substr(0, bytes.size() - 2));
    bytes[bytes.size() - 2] = static_cast<char>(sum & 0xff);
    bytes[bytes.size() - 1] = static_cast<char>(sum >> 8);
  }
  for (std::size_t at = 0; at < bytes.size(); at += piece) reader.feed(std::string_view(bytes).substr(at, piece));
  if (reader.end() != modbus::ReplyReader::End::reply) return 0;
  if (reader.data().size() != modbus::data_bytes(r)) std::abort();
  if (modbus::is_read(r.function)) {
    // Every reply stands in the bytes, whole.
    std::string frame{1, static_cast<char>(r.function), static_cast<char>(reader.data().size())};
    frame += reader.data();
    const std::uint16_t sum = modbus::crc16(frame);
    frame += static_cast<char>(sum & 0xff);
    frame += static_cast<char>(sum >> 8);
    if (bytes.find(frame) == std::string::npos) std::abort();
    read_values(d, r, reader.data(), data[4]);
  }
  return 0;
}
