"""What may be asked about clients' things. Weights in milligrams and thousandths of a carat, sizes in micrometres."""

from typing import Annotated, Literal

from pydantic import Field

from contract.facts import OrderItem, OrderMetal, StoneIdentity
from contract.ids import PieceId, ZoneId
from edge.api.bodies import Amount, Body, Id, Reason, Text
from edge.api.orders.bodies import Hash
from trade.orders.stones import CARAT_MILLI_MAX, SIZE_UM_MAX, STONES_MAX, StoneLook

Carat = Annotated[int, Field(ge=0, le=CARAT_MILLI_MAX)]
Size = Annotated[int, Field(ge=0, le=SIZE_UM_MAX)]
Weight = Annotated[int, Field(ge=0, le=50_000_000)]


class StoneBody(Body):
    at: Reason
    kind: Reason
    carat_milli: Carat = 0
    length_um: Size = 0
    width_um: Size = 0
    inscription: Text = ""
    certificate: Text = ""
    colour: Text = ""
    clarity: Text = ""
    plot: Hash | None = None


class MetalBody(Body):
    metal: Reason
    fineness: Annotated[int, Field(ge=0, le=1000)] = 0
    weight_mg: Weight = 0
    owned_by_client: bool = False

    def made(self) -> OrderMetal:
        return OrderMetal(**self.model_dump())


class ThingBody(Body):
    """`sold_piece`: the piece this house sold it as. An `item` that is known is described anew."""

    description: Reason
    condition: Reason
    declared_value_minor: Amount
    weight_mg: Weight = 0
    zone: Text = ""
    stones: Annotated[list[StoneBody], Field(max_length=STONES_MAX, default_factory=list)]
    sold_piece: Id | None = None
    item: Id | None = None

    def made(self, item: str) -> OrderItem:
        stones = tuple(StoneIdentity(**{**each.model_dump(), "plot": each.plot or ""}) for each in self.stones)
        return OrderItem(
            item=PieceId(item), description=self.description.strip(), condition=self.condition.strip(),
            declared_value_minor=self.declared_value_minor, weight_mg=self.weight_mg, stones=stones,
            sold_piece=PieceId(self.sold_piece or ""), zone=ZoneId(self.zone),
        )  # fmt: skip


class LookBody(Body):
    at: Reason
    carat_milli: Carat = 0
    length_um: Size = 0
    width_um: Size = 0
    inscription: Text = ""
    certificate: Text = ""
    plot_same: bool | None = None
    missing: bool = False
    note: Text = ""

    def made(self) -> StoneLook:
        return StoneLook(**self.model_dump())


class CheckBody(Body):
    looks: Annotated[list[LookBody], Field(max_length=STONES_MAX, default_factory=list)]
    weight_mg: Weight = 0


class GiveBody(Body):
    signature: Hash


class BenchBody(Body):
    """Out to a trade shop, or back from it: metals and stones that go along."""

    event: Literal["send out", "take back"]
    party: Text = ""
    why: Text = ""
    metals: Annotated[list[MetalBody], Field(max_length=20, default_factory=list)]
    stones: Annotated[list[Reason], Field(max_length=STONES_MAX, default_factory=list)]


class EngravingBody(Body):
    """`room_um`: what the place has; 0: not measured."""

    text: Reason
    font: Text = "Block"
    position: Reason
    height_um: Size
    room_um: Size = 0
    item: Id | None = None


class SpelledBody(Body):
    spelled: Reason
