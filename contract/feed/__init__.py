"""The feed: what the cloud tells every store, `feed(rev, scope, key, body)`, newest row per key, by HTTPS since a rev.

`scope` is `*` (every store) or one store. A row without a body takes the key back.
"""

from contract.feed.appointments import AppointmentCard as AppointmentCard
from contract.feed.body import FeedBody as FeedBody
from contract.feed.clients import ForgetCard as ForgetCard
from contract.feed.commissions import CommissionCard as CommissionCard
from contract.feed.goods import GoodsCard as GoodsCard
from contract.feed.goods import Unit as Unit
from contract.feed.older import readable as readable
from contract.feed.page import EVERY_STORE as EVERY_STORE
from contract.feed.page import FEED_ROWS_PER_PAGE_MAX as FEED_ROWS_PER_PAGE_MAX
from contract.feed.page import AnyFeedBody as AnyFeedBody
from contract.feed.page import FeedPage as FeedPage
from contract.feed.page import FeedRow as FeedRow
from contract.feed.page import decode_body as decode_body
from contract.feed.page import decode_page as decode_page
from contract.feed.page import encode_body as encode_body
from contract.feed.page import encode_page as encode_page
from contract.feed.people import Permission as Permission
from contract.feed.people import Role as Role
from contract.feed.people import RoleCard as RoleCard
from contract.feed.people import RoleName as RoleName
from contract.feed.people import StaffCard as StaffCard
from contract.feed.pieces import Attribute as Attribute
from contract.feed.pieces import Condition as Condition
from contract.feed.pieces import DueBackCard as DueBackCard
from contract.feed.pieces import FinenessUnit as FinenessUnit
from contract.feed.pieces import Metal as Metal
from contract.feed.pieces import Ownership as Ownership
from contract.feed.pieces import PieceCard as PieceCard
from contract.feed.pieces import Price as Price
from contract.feed.pieces import Stone as Stone
from contract.feed.prices import EarnRule as EarnRule
from contract.feed.prices import LoyaltyCard as LoyaltyCard
from contract.feed.prices import MetalPriceCard as MetalPriceCard
from contract.feed.prices import PromotionCard as PromotionCard
from contract.feed.prices import PromotionKind as PromotionKind
from contract.feed.prices import RateCard as RateCard
from contract.feed.prices import TaxCard as TaxCard
from contract.feed.prices import TaxChange as TaxChange
from contract.feed.prices import TaxPart as TaxPart
from contract.feed.stores import SettingsCard as SettingsCard
from contract.feed.stores import StoreCard as StoreCard
from contract.feed.stores import TaxRounding as TaxRounding
