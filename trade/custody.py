"""Custody at a store: the token (piece, ce) and what it allows (custody.md §3)."""

from enum import StrEnum
from typing import Final

import msgspec

from contract.commands import CustodyState, GrantCustody
from contract.ids import PieceId, SaleId, StoreId, TransferId
from trade.machine import Machine


class TokenState(StrEnum):
    """What a store's box may think of a piece. `away` is: the token is not here."""

    AWAY = "away"
    INCOMING = "incoming"
    HERE = "here"
    SOLD = "sold"


class TokenEvent(StrEnum):
    GRANTED_HERE = "granted here"
    GRANTED_INCOMING = "granted incoming"
    GRANTED_SOLD = "granted sold"
    READ = "read on pad or shelf"
    RECORDED = "sale recorded"
    RETURNED = "return recorded"
    SHIPPED = "shipped"
    RECALLED = "recalled"
    CLOSED = "shift closed"
    REVOKED = "revoked"


TOKEN: Final = Machine[TokenState, TokenEvent](
    name="custody at a store",
    starts=frozenset({TokenState.AWAY}),
    ends=frozenset({TokenState.AWAY}),
    table={
        (TokenState.AWAY, TokenEvent.GRANTED_HERE): TokenState.HERE,
        (TokenState.AWAY, TokenEvent.GRANTED_INCOMING): TokenState.INCOMING,
        (TokenState.AWAY, TokenEvent.GRANTED_SOLD): TokenState.SOLD,
        (TokenState.INCOMING, TokenEvent.READ): TokenState.HERE,
        (TokenState.INCOMING, TokenEvent.RECALLED): TokenState.AWAY,
        (TokenState.INCOMING, TokenEvent.REVOKED): TokenState.AWAY,
        (TokenState.HERE, TokenEvent.RECORDED): TokenState.SOLD,
        (TokenState.HERE, TokenEvent.SHIPPED): TokenState.AWAY,
        (TokenState.HERE, TokenEvent.RECALLED): TokenState.AWAY,
        (TokenState.HERE, TokenEvent.REVOKED): TokenState.AWAY,
        (TokenState.SOLD, TokenEvent.RETURNED): TokenState.HERE,
        (TokenState.SOLD, TokenEvent.CLOSED): TokenState.AWAY,
        (TokenState.SOLD, TokenEvent.RECALLED): TokenState.AWAY,
        (TokenState.SOLD, TokenEvent.REVOKED): TokenState.AWAY,
        # a higher custody epoch replaces what is held (a cloud that was restored, a return that came back)
        (TokenState.HERE, TokenEvent.GRANTED_HERE): TokenState.HERE,
        (TokenState.HERE, TokenEvent.GRANTED_INCOMING): TokenState.INCOMING,
        (TokenState.HERE, TokenEvent.GRANTED_SOLD): TokenState.SOLD,
        (TokenState.INCOMING, TokenEvent.GRANTED_HERE): TokenState.HERE,
        (TokenState.INCOMING, TokenEvent.GRANTED_INCOMING): TokenState.INCOMING,
        (TokenState.INCOMING, TokenEvent.GRANTED_SOLD): TokenState.SOLD,
        (TokenState.SOLD, TokenEvent.GRANTED_HERE): TokenState.HERE,
        (TokenState.SOLD, TokenEvent.GRANTED_INCOMING): TokenState.INCOMING,
        (TokenState.SOLD, TokenEvent.GRANTED_SOLD): TokenState.SOLD,
    },
)

GRANTED: Final = {
    CustodyState.HERE: TokenEvent.GRANTED_HERE,
    CustodyState.INCOMING: TokenEvent.GRANTED_INCOMING,
    CustodyState.SOLD: TokenEvent.GRANTED_SOLD,
}


class OfficeState(StrEnum):
    """What the cloud's books say of a piece. `here` names a holder that is a store."""

    HERE = "here"
    INCOMING = "incoming"
    TRANSIT = "transit"
    FROZEN = "frozen"
    SOLD = "sold"


class OfficeEvent(StrEnum):
    SHIPPED = "shipped"
    GRANTED = "granted to a receiver"
    RECEIVED = "read by the receiver"
    RECALLED = "recalled, not found"
    FENCED = "box fenced"
    SIGHTED = "sighted somewhere"
    SALE = "sale or paid order"
    RETURNED = "return"
    ADOPTED = "recorded under a lost life"
    """A store decided under a custody epoch that a life of the office gave which a restore lost (`Tokens.adopt`)."""


# What the office does is in `cloud/custody.py` and `cloud/tokens.py`; the simulation holds it to this table.
OFFICE: Final = Machine[OfficeState, OfficeEvent](
    name="custody in the office's books",
    starts=frozenset({OfficeState.HERE, OfficeState.INCOMING}),
    ends=frozenset({OfficeState.SOLD, OfficeState.HERE}),
    table={
        (OfficeState.HERE, OfficeEvent.SHIPPED): OfficeState.TRANSIT,
        (OfficeState.HERE, OfficeEvent.SALE): OfficeState.SOLD,
        (OfficeState.HERE, OfficeEvent.RECALLED): OfficeState.FROZEN,
        (OfficeState.HERE, OfficeEvent.FENCED): OfficeState.FROZEN,
        (OfficeState.TRANSIT, OfficeEvent.GRANTED): OfficeState.INCOMING,
        (OfficeState.TRANSIT, OfficeEvent.SIGHTED): OfficeState.INCOMING,
        (OfficeState.INCOMING, OfficeEvent.RECEIVED): OfficeState.HERE,
        (OfficeState.INCOMING, OfficeEvent.RECALLED): OfficeState.FROZEN,
        (OfficeState.INCOMING, OfficeEvent.FENCED): OfficeState.FROZEN,
        (OfficeState.FROZEN, OfficeEvent.SIGHTED): OfficeState.INCOMING,
        (OfficeState.FROZEN, OfficeEvent.SALE): OfficeState.SOLD,
        (OfficeState.SOLD, OfficeEvent.RETURNED): OfficeState.HERE,
        **{(state, OfficeEvent.ADOPTED): OfficeState.HERE for state in OfficeState},
    },
)


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """The right to decide about a piece, as this store's books have it. `fence` counts the leases granted under it."""

    piece: PieceId
    ce: int
    state: TokenState
    fence: int = 0
    sale: str = ""
    transfer: TransferId = TransferId("")
    source: StoreId = StoreId("")

    @property
    def held(self) -> bool:
        return self.state is not TokenState.AWAY


def granted(token: Token | None, command: GrantCustody) -> Token | None:
    """The token after a grant; a grant that is not newer than what is held changes nothing (None)."""
    if token is not None and token.ce >= command.ce:
        return None
    state = TOKEN.table[(token.state if token else TokenState.AWAY, GRANTED[command.state])]
    return Token(
        piece=command.piece,
        ce=command.ce,
        state=state,
        fence=token.fence if token else 0,
        sale=command.sale,
        transfer=command.transfer,
        source=command.source,
    )


def moved(token: Token, event: TokenEvent, *, sale: str | None = None) -> Token:
    """The token after an event. Facts are true: one that the table does not foresee leaves the token as it is."""
    state = TOKEN.after(token.state, event)
    if state is None:
        return token
    kept = token.sale if sale is None else sale
    return msgspec.structs.replace(token, state=state, sale=SaleId(kept))
