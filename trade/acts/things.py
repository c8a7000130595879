"""Acts on a client's thing in this house, and on what tells of the client: taken in, looked at again, given back."""

from contract.facts import OrderItem, PaperKind
from contract.ids import ClientOrderId, PieceId
from trade.acts.act import Act
from trade.orders.stones import StoneLook


class TakeItem(Act, frozen=True, tag="order.take_item"):
    """It came in, and lies in an envelope; or it is described anew, until the client signed for it."""

    order: ClientOrderId
    item: OrderItem


class CheckItem(Act, frozen=True, tag="order.check_item"):
    """Its stones beside what was recorded of them."""

    order: ClientOrderId
    item: PieceId
    looks: tuple[StoneLook, ...]
    weight_mg: int = 0


class AnswerDoubt(Act, frozen=True, tag="order.answer_doubt"):
    """A stone is not what it was, or could not be compared, and somebody answers for that in words."""

    order: ClientOrderId
    item: PieceId
    answer: str


class GiveItem(Act, frozen=True, tag="order.give_item"):
    """It leaves with its owner. `signature`: SHA-256 of the paper they signed."""

    order: ClientOrderId
    item: PieceId
    signature: str


class KeepPaper(Act, frozen=True, tag="order.keep_paper"):
    """The paper lies sealed in this store already; here it gets its place in the order. `version` 0: the next."""

    order: ClientOrderId
    kind: PaperKind
    sha256: str
    media: str
    item: PieceId = PieceId("")
    version: int = 0


ThingAct = TakeItem | CheckItem | AnswerDoubt | GiveItem | KeepPaper
"""What is done with things that are not the house's, and with their papers."""
