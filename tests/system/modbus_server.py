"""A Modbus RTU server that nobody here wrote (python3-pymodbus): a board of 16 relays at address 1, a meter at address 2.

usage: modbus_server.py TTY
"""
import struct
import sys

from pymodbus.datastore import (ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext,
                                ModbusSparseDataBlock)
from pymodbus.server import StartSerialServer
from pymodbus.transaction import ModbusRtuFramer


def floats(values, count):
    """Registers of `count` floats, high word first; those not named are zero."""
    registers = []
    for at in range(0, count, 2):
        registers += struct.unpack(">HH", struct.pack(">f", values.get(at, 0.0)))
    return registers


board = ModbusSlaveContext(
    co=ModbusSequentialDataBlock(0, [0] * 16),
    hr=ModbusSparseDataBlock({0x8000: 200}),
    zero_mode=True,
)
meter = ModbusSlaveContext(
    ir=ModbusSequentialDataBlock(0, floats({0: 230.5, 2: 231.0, 4: 229.0, 6: 1.25, 10: 7.5, 16: 1700.0, 0x46: 50.0}, 0x48)),
    zero_mode=True,
)
StartSerialServer(
    context=ModbusServerContext(slaves={1: board, 2: meter}, single=False),
    framer=ModbusRtuFramer,
    port=sys.argv[1],
    baudrate=9600,
)
