"""What stores say they handed over."""

from typing import Final

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import receipt_given
from cloud.work import Heard
from contract.facts import Fact, ReceiptGiven


def given(tokens: Custody, heard: Heard, fact: ReceiptGiven) -> None:
    row = {
        "store": heard.store, "give": fact.give, "receipt": fact.receipt, "form": fact.form, "gift": int(fact.gift),
        "copy": fact.copy, "office": 0, "by": heard.by, "at_us": heard.at_us,
    }  # fmt: skip
    tokens.work.tx.add_new(receipt_given, row)


APPLY: Final[dict[type[Fact], Applier]] = {ReceiptGiven: given}
