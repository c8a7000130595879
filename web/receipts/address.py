"""One e-mail address, as somebody typed it (RFC 5321)."""

from email.errors import MessageError
from email.headerregistry import Address
from typing import Final

ADDRESS_MAX: Final = 254
"""RFC 5321 §4.5.3.1.3, less the angle brackets."""


def address_of(typed: str) -> Address:
    """Raises `ValueError` that says what is wrong, without saying the address again."""
    text = typed.strip()
    if not text or len(text) > ADDRESS_MAX or not text.isascii() or any(sign <= " " for sign in text):
        raise ValueError("Type one e-mail address, such as name@example.com.")
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, TypeError, MessageError) as error:
        raise ValueError("This is no e-mail address: compare it letter by letter, it has one @.") from error
    if not address.username or "." not in address.domain.strip("."):
        raise ValueError("This is no e-mail address: after its @ stands a name with a dot.")
    return address
