"""What each `Say` of the connection's table is in bytes, for one reader."""

from collections.abc import Callable

from edge.readers.llrp import accessspecs, messages
from edge.readers.llrp.connection import Say
from edge.readers.llrp.device import Device
from edge.readers.llrp.identity import get_identification
from edge.readers.looks import Looks
from edge.readers.profiles import Profile

Words = Callable[[int], bytes]
"""The message, given its id."""


def words(profile: Profile, looks: Looks, device: Device) -> dict[Say, Words]:
    """Every request; what `device` has told is looked up when it is said."""
    ours = {"ROSpecID": messages.ROSPEC_ID}
    start: Words = lambda i: messages.encode("START_ROSPEC", i, ours)  # noqa: E731 - a row of the table, twice
    return {
        Say.ENABLE_EXTENSIONS: lambda i: messages.encode("IMPINJ_ENABLE_EXTENSIONS", i),
        Say.ASK_CAPABILITIES: lambda i: messages.encode("GET_READER_CAPABILITIES", i, {"RequestedData": 0}),
        Say.ASK_IDENTITY: get_identification,
        Say.CONFIGURE: lambda i: messages.configure(i, profile.keepalive_ms),
        Say.DELETE_ALL: lambda i: messages.encode("DELETE_ROSPEC", i, {"ROSpecID": 0}),
        Say.DELETE_OURS: lambda i: messages.encode("DELETE_ROSPEC", i, ours),
        Say.DELETE_ALL_ACCESS: lambda i: accessspecs.delete_accessspec(i, accessspecs.ALL),
        Say.DELETE_OUR_ACCESS: accessspecs.delete_accessspec,
        Say.ADD_ROSPEC: lambda i: messages.add_rospec(i, profile, looks.places, device.capabilities),
        Say.ENABLE_ROSPEC: lambda i: messages.encode("ENABLE_ROSPEC", i, ours),
        Say.CHECK: messages.get_rospecs,
        Say.START_NOW: start,
        Say.START_ROSPEC: start,
    }
