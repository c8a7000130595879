"""Pages of the feed, as a store fetches them by HTTPS since a rev."""

from typing import Final

import msgspec

from contract.feed.appointments import AppointmentCard
from contract.feed.clients import ForgetCard
from contract.feed.commissions import CommissionCard
from contract.feed.goods import GoodsCard
from contract.feed.people import RoleCard, StaffCard
from contract.feed.pieces import DueBackCard, PieceCard
from contract.feed.prices import LoyaltyCard, MetalPriceCard, PromotionCard, RateCard, TaxCard
from contract.feed.stores import SettingsCard, StoreCard

EVERY_STORE: Final = "*"
FEED_ROWS_PER_PAGE_MAX: Final = 1000

AnyFeedBody = (
    PieceCard
    | StaffCard
    | StoreCard
    | RoleCard
    | SettingsCard
    | TaxCard
    | PromotionCard
    | RateCard
    | CommissionCard
    | GoodsCard
    | ForgetCard
    | MetalPriceCard
    | AppointmentCard
    | LoyaltyCard
    | DueBackCard
)


class FeedRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    rev: int
    scope: str
    key: str
    body: AnyFeedBody | None = None


class FeedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Rows with `rev > since`, ascending; ask again from `upto` while `more`."""

    rows: tuple[FeedRow, ...]
    upto: int
    more: bool


encode_page = msgspec.json.Encoder().encode
decode_page = msgspec.json.Decoder(FeedPage).decode
encode_body = msgspec.json.Encoder(order="deterministic").encode
decode_body = msgspec.json.Decoder(AnyFeedBody).decode
