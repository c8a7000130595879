"""A small shop in the mind: pieces, carts and drawers as the rules see them."""

import itertools
from collections.abc import Callable

import msgspec
import pytest

from contract.facts import ClaimHeld, ClaimKind, Tender, TenderKind
from contract.feed import PieceCard, Role, StaffCard
from trade.claim import claim_of
from trade.custody import Token, TokenState
from trade.decide import decide
from trade.permissions import DEFAULTS, allowed
from trade.piece import Standing
from trade.sale import Sale, apply
from trade.scene import Scene
from trade.shift import Shift

MANAGER = allowed(StaffCard(user="anna", name="Anna", roles=(Role.MANAGER,)), "paris", DEFAULTS)


class Mind:
    """Makes scenes; `decide` with ids that count up and a fixed time."""

    def __init__(self) -> None:
        count = itertools.count(1)
        self.new_id: Callable[[], str] = lambda: f"id-{next(count)}"

    def card(self, piece="ring", price=120_000, currency="EUR"):
        return PieceCard(
            piece=piece,
            sku=piece.upper(),
            title=f"The {piece}",
            category="ring",
            metal="gold",
            fineness=750,
            weight_mg=4_100,
            stones="",
            price_minor=price,
            currency=currency,
            tax_bp=2_000,
            epc="",
        )

    def standing(self, piece="ring", state=TokenState.HERE, **more):
        token = Token(piece=piece, ce=7, state=state)
        return msgspec.structs.replace(
            Standing(piece=piece, card=self.card(piece), token=token, seen=True, on_pad=True), **more
        )

    def shift(self, till="till-1"):
        return Shift(shift="shift-1", till=till, business_day="2026-11-22", currency="EUR", float_minor=10_000)

    def cart(self, *pieces, price=120_000):
        """A scene with an open sale that holds these pieces, all on the pad."""
        sale = Sale(sale="sale-1", till="till-1", associate="anna", currency="EUR")
        known, claims = {}, []
        scene = Scene(sale=sale, shift=self.shift())
        for piece in pieces:
            standing = self.standing(piece, card=self.card(piece, price))
            held, added = self.decide(msgspec.structs.replace(scene, pieces={piece: standing}), self.add(piece))
            claims.append(claim_of(held, 1))
            sale = apply(sale, added, 1)
            known[piece] = msgspec.structs.replace(standing, claim=claims[-1])
            scene = msgspec.structs.replace(scene, sale=sale)
        return Scene(
            sale=sale,
            shift=self.shift(),
            pieces=known,
            sale_claims=tuple(claims),
            pad=frozenset(pieces),
            receipt_next=5,
        )

    def add(self, piece="ring", **more):
        from trade.acts import AddPiece

        return AddPiece(sale="sale-1", piece=piece, **more)

    def claim(self, piece="ring", kind=ClaimKind.CART, ref="sale-9"):
        return claim_of(ClaimHeld(claim="c-9", piece=piece, ce=7, kind=kind, ref=ref), 1)

    def cash(self, amount):
        return (Tender(kind=TenderKind.CASH, amount_minor=amount),)

    def decide(self, scene, act, *, by="anna"):
        may = scene if scene.allowed.permissions else msgspec.structs.replace(scene, allowed=MANAGER)
        return decide(may, act, by=by, new_id=self.new_id)


@pytest.fixture
def mind():
    return Mind()
