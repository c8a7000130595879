"""What is shown of a client's things: how they were, by what their stones are known, and what stands in the way."""

from dataclasses import dataclass

from contract.facts import PaperKind
from contract.ids import PieceId
from contract.order_page import page_code
from edge.api.shop import Shop
from edge.books import replica
from trade.ordering.things import stones_open
from trade.orders import papers
from trade.orders.order import Kept, Order
from trade.orders.stones import carats, known_by, millimetres


@dataclass(frozen=True, slots=True)
class StoneView:
    """`same` None: not looked at again. `known_by` empty: by nothing."""

    at: str
    kind: str
    told: str
    known_by: str
    same: bool | None
    note: str


@dataclass(frozen=True, slots=True)
class ThingView:
    """`tagged`: its envelope has a tag. `signed`: the client signed for how it was."""

    item: str
    description: str
    condition: str
    declared_value_minor: int
    weight_mg: int
    zone: str
    tagged: bool
    signed: bool
    given: bool
    stopped: bool
    answer: str
    stones: tuple[StoneView, ...]


@dataclass(frozen=True, slots=True)
class PaperView:
    sha256: str
    kind: str
    media: str
    version: int
    item: str
    at_us: int


@dataclass(frozen=True, slots=True)
class ThingsView:
    """`code`: of the client's own page. `waits`: why nothing leaves yet."""

    order: str
    number: str
    things: tuple[ThingView, ...]
    papers: tuple[PaperView, ...]
    code: str
    waits: str
    proof: str
    metals: tuple[str, ...]
    stones_out: tuple[str, ...]


def of(shop: Shop, order: Order) -> ThingsView:
    waits, shown = stones_open(order), papers.proof(order)
    return ThingsView(
        order=order.order,
        number=order.number,
        things=tuple(_thing(shop, order, each) for each in order.items),
        papers=tuple(
            PaperView(each.sha256, each.kind, each.media, each.version, each.item, each.at_us) for each in order.papers
        ),
        code=page_code(order.order),
        waits=waits.why if waits is not None else "",
        proof=shown.sha256 if shown is not None else "",
        metals=tuple(f"{each.metal} {each.fineness or ''} {each.weight_mg / 1000:.2f} g" for each in order.metals),
        stones_out=order.stones,
    )


def _thing(shop: Shop, order: Order, kept: Kept) -> ThingView:
    item, card = kept.item, replica.piece(shop.db, PieceId(kept.item.item))
    found = {each.at: each for each in kept.checked}
    stones = []
    for each in item.stones:
        size = f"{millimetres(each.length_um)} × {millimetres(each.width_um)}" if each.length_um else ""
        weight = carats(each.carat_milli) if each.carat_milli else ""
        words = dict.fromkeys((each.colour, weight, size, each.inscription, each.certificate))
        told = ", ".join(part for part in words if part)
        again = found.get(each.at)
        same, note = (again.same, again.note) if again is not None else (None, "")
        stones.append(StoneView(each.at, each.kind, told, ", ".join(known_by(each)), same, note))
    return ThingView(
        item=item.item,
        description=item.description,
        condition=item.condition,
        declared_value_minor=item.declared_value_minor,
        weight_mg=item.weight_mg,
        zone=item.zone,
        tagged=bool(card is not None and card.epc),
        signed=bool(papers.of_kind(order, PaperKind.SIGNATURE, item.item)),
        given=bool(kept.given_us),
        stopped=bool(kept.stopped),
        answer=kept.answer,
        stones=tuple(stones),
    )
