"""Purchases as the stores tell of them. Their pieces come in by `pieces`, their money by `value` and the ledger."""

from typing import Final

import msgspec

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import purchase, purchase_item
from cloud.work import Heard
from contract.facts import Fact, PurchaseRecorded

encode_tenders: Final = msgspec.json.Encoder().encode


def bought(tokens: Custody, heard: Heard, fact: PurchaseRecorded) -> None:
    """Told again by a box that was lost, it is kept once."""
    tx = tokens.work.tx
    row = {
        "store": heard.store, "purchase": fact.purchase, "till": fact.till, "number": fact.number,
        "business_day": fact.business_day, "client": fact.client, "currency": fact.currency,
        "total_minor": fact.total_minor, "tenders": encode_tenders(fact.tenders).decode(), "by": heard.by,
        "approved_by": fact.approved_by, "at_us": heard.at_us,
    }  # fmt: skip
    if not tx.add_new(purchase, row):
        return
    for each in fact.items:
        spot = each.spot
        item = {
            "piece": each.piece, "store": heard.store, "purchase": fact.purchase, "title": each.title,
            "value_minor": each.value_minor, "currency": each.currency, "scrap": int(each.scrap), "metal": each.metal,
            "fineness": each.fineness, "weight_mg": each.weight_mg,
            "spot_minor_per_kg": spot.minor_per_kg if spot else 0, "spot_source": spot.source if spot else "",
            "spot_us": spot.quoted_us if spot else 0, "payout_bp": each.payout_bp, "weighed_by": each.weighed_by,
            "proof": each.proof, "hold_until": each.hold_until,
        }  # fmt: skip
        tx.add_new(purchase_item, item)


APPLY: Final[dict[type[Fact], Applier]] = {PurchaseRecorded: bought}
