"""What a fact needs of whoever makes it true, beyond the act's own permission."""

from typing import NamedTuple

from contract.feed import Permission


class Need(NamedTuple):
    """`words` say what would be done, with its figures."""

    permission: Permission
    words: str
    discount_bp: int = 0
    refund_minor: int = 0
