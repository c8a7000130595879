"""Which device a reader is: the Identification that GET_READER_CONFIG tells (LLRP 1.1 §16.1.13, §17.2.6.2)."""

import struct
from typing import Final

from edge.readers.base import ProtocolError
from edge.readers.llrp.frames import Frame
from edge.readers.llrp.messages import get_reader_config
from edge.readers.llrp.params import walk

IDENTIFICATION: Final = 1
"""RequestedData: the Identification and nothing else."""
P_IDENTIFICATION: Final = 218
HEAD: Final = struct.Struct("!BH")
"""u8 IDType, u16 count of the ReaderID's bytes, which follow."""
MAC_ADDRESS: Final = 0
SERIAL_BYTES_MAX: Final = 64
"""A MAC address has 6 or 8 bytes, an EPC up to 62."""


def get_identification(message_id: int) -> bytes:
    """GET_READER_CONFIG for the Identification alone."""
    return get_reader_config(message_id, IDENTIFICATION)


def serial_of(frame: Frame) -> str:
    """GET_READER_CONFIG_RESPONSE → the reader's MAC address (`00:16:25:…`) or EPC (hex); empty where it tells neither.

    Raises `ProtocolError`.
    """
    for param in walk(frame.body, 0, len(frame.body)):
        if param.type != P_IDENTIFICATION or param.tv:
            continue
        if param.size < HEAD.size:
            raise ProtocolError("an Identification without a length")
        kind, count = HEAD.unpack_from(frame.body, param.at)
        if count > min(param.size - HEAD.size, SERIAL_BYTES_MAX):
            raise ProtocolError(f"an Identification of {count} bytes in {param.size - HEAD.size}")
        told = frame.body[param.at + HEAD.size :][:count]
        return told.hex(":") if kind == MAC_ADDRESS else told.hex().upper()
    return ""
