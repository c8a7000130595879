"""Where the office's pages are: seven headings, and what stands under each. Who may not open a page does not see it."""

from typing import Final

from contract.feed import Permission
from web.front import NavLink
from web.words import later

OVERSEERS: Final = (Permission.CLOSE_ALARM,)
_SEE: Final = (Permission.SEE_CLIENTS,)
_BOOKS: Final = (Permission.LEDGER,)
_SETS: Final = (Permission.SETTINGS,)
_PEOPLE: Final = (Permission.SEE_STAFF, Permission.STAFF)
_TODAY: Final = later("Today")
_STOCK: Final = later("Stock")
_CLIENTS: Final = later("Clients")
_TRADE: Final = later("Trade")
_REPORTS: Final = later("Reports")
_MONEY: Final = later("Money")
_HOUSE: Final = later("House")

NAV: Final = (
    NavLink("/", later("Today"), group=_TODAY),
    NavLink("/alarms", later("Alarms"), group=_TODAY),
    NavLink("/parked", later("Cases"), OVERSEERS, group=_TODAY),
    NavLink("/jobs", later("Jobs"), group=_TODAY),
    NavLink("/pieces", later("Pieces"), group=_STOCK),
    NavLink("/counts", later("Counts"), group=_STOCK),
    NavLink("/transfers", later("Transfers"), group=_STOCK),
    NavLink("/goods", later("Goods"), (Permission.PIECES,), group=_STOCK),
    NavLink("/consigned", later("Of others"), _BOOKS, group=_STOCK),
    NavLink("/scrap", later("Scrap"), _BOOKS, group=_STOCK),
    NavLink("/clients", later("Clients"), _SEE, group=_CLIENTS),
    NavLink("/appointments", later("Appointments"), _SEE, group=_CLIENTS),
    NavLink("/reminders", later("Days"), _SEE, group=_CLIENTS),
    NavLink("/segments", later("Segments"), _SEE, group=_CLIENTS),
    NavLink("/campaigns", later("Campaigns"), _SEE, group=_CLIENTS),
    NavLink("/messages", later("Messages"), _SEE, group=_CLIENTS),
    NavLink("/sales", later("Sales"), group=_TRADE),
    NavLink("/shifts", later("Shifts"), group=_TRADE),
    NavLink("/receipts", later("Receipts"), group=_TRADE),
    NavLink("/client-orders", later("Orders"), (Permission.ORDERS,), group=_TRADE),
    NavLink("/orders", later("Web orders"), group=_TRADE),
    NavLink("/purchases", later("Purchases"), _BOOKS, group=_TRADE),
    NavLink("/commissions", later("Commissions"), group=_TRADE),
    NavLink("/reports", later("Sold"), _BOOKS, group=_REPORTS),
    NavLink("/reports/stock", later("In stock"), _BOOKS, group=_REPORTS),
    NavLink("/reports/counts", later("Counted"), _BOOKS, group=_REPORTS),
    NavLink("/ledger", later("Ledger"), _BOOKS, group=_MONEY),
    NavLink("/owed", later("Owed"), _BOOKS, group=_MONEY),
    NavLink("/bank-transfers", later("Bank transfers"), _BOOKS, group=_MONEY),
    NavLink("/compliance", later("Compliance"), _BOOKS, group=_MONEY),
    NavLink("/stores", later("Stores"), group=_HOUSE),
    NavLink("/prices", later("Prices"), _SETS, group=_HOUSE),
    NavLink("/loyalty", later("Points"), _SETS, group=_HOUSE),
    NavLink("/staff", later("Staff"), _PEOPLE, under=("/changes",), group=_HOUSE),
    NavLink("/roles", later("Roles"), _PEOPLE, group=_HOUSE),
)
