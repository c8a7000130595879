"""What readers tell of a tag only when they are asked to: columns that most batches do without."""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

DETAIL_ABSENT: Final = -(1 << 63)

Numbers = NDArray[np.int64]


class Details(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Columns as long as the batch's; None where no row tells one, DETAIL_ABSENT for a row that does not.

    spec_index         int64[n]  1-based place of the AISpec in its ROSpec (LLRP 1.1 §17.2.7.3.4)
    inventory_spec_id  int64[n]  InventoryParameterSpecID (§17.2.7.3.5)
    access_spec_id     int64[n]  which AccessSpec gave the report (§17.2.7.3.15)
    pc, crc            int64[n]  the tag's protocol control word and stored CRC-16, 16 bits (Gen2 §6.3.2.1.2)
    xpc_w1, xpc_w2     int64[n]  its extended PC words, 16 bits
    doppler            int64[n]  16ths of Hz, positive when the tag comes nearer (Impinj)
    tx_power           int64[n]  the reader's own number of the transmit power (Impinj)
    latitude, longitude  int64[n]  millionths of a degree, of the reader (Impinj)
    brand_check        int64[n]  1 passed, 0 failed, 255 not checked (Zebra, NXP brand identifier)
    tid                uint8 [n, t]  first words of the TID, zero-padded (Impinj FastID)
    tid_bytes          uint16[n]     how many of them are told; 0 = not told
    """

    spec_index: Numbers | None = None
    inventory_spec_id: Numbers | None = None
    access_spec_id: Numbers | None = None
    pc: Numbers | None = None
    crc: Numbers | None = None
    xpc_w1: Numbers | None = None
    xpc_w2: Numbers | None = None
    doppler: Numbers | None = None
    tx_power: Numbers | None = None
    latitude: Numbers | None = None
    longitude: Numbers | None = None
    brand_check: Numbers | None = None
    tid: NDArray[np.uint8] | None = None
    tid_bytes: NDArray[np.uint16] | None = None
