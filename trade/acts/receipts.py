"""Acts on a receipt."""

from contract.facts import ReceiptForm
from contract.ids import GiveId, ReceiptId
from trade.acts.act import Act


class GiveReceipt(Act, frozen=True, tag="receipt.give"):
    """Hand a receipt over: the first time it is the original, every other time a numbered copy."""

    give: GiveId
    receipt: ReceiptId
    form: ReceiptForm
    gift: bool = False
