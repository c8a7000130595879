"""The office's pages of stores: the list, opening one, and how each sells."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from cloud import called, changes
from cloud.desk import Desk
from cloud.listing import answer, when
from cloud.pos.http import found
from cloud.pos.stores import desk as stores
from cloud.pos.stores import queries
from cloud.pos.stores import settings as store_settings
from contract.feed import Permission, SettingsCard, TaxRounding
from contract.ids import StoreId
from contract.money import minor_digits, plain
from trade.receipt_words import WORDS
from web.forms import amount_minor, percent_bp, typed
from web.front import go, render
from web.logins import Login
from web.policy import allow, signed_in
from web.tables import Asked, Column, arrange, asked
from web.words import later

NOTES_SHOWN: Final = 20
Wide = Annotated[Login, signed_in("house")]
Opener = Annotated[Login, allow(Permission.SETTINGS, of="everywhere")]
Setter = Annotated[Login, allow(Permission.SETTINGS)]
List = Annotated[Asked, Depends(asked)]
Text = Annotated[str, Form(max_length=200)]
Lines = Annotated[str, Form(max_length=store_settings.TEXT_MAX)]
Why = Annotated[str, Form(max_length=changes.WHY_CHARACTERS_MAX)]

COLUMNS: Final[tuple[Column[queries.StoreRow], ...]] = (
    Column("name", later("Store"), lambda row: row.name),
    Column("store", later("Short name"), lambda row: row.store, shown=False),
    Column("city", later("City"), lambda row: row.city, shown=False),
    Column("state", later("Link"), lambda row: row.state),
    Column("rows", later("Entries here"), lambda row: row.rows_upto, number=True),
    Column("parked", later("Parked"), lambda row: row.parked, number=True),
    Column("pieces", later("Pieces"), lambda row: row.pieces, number=True),
    Column("heard", later("Heard last"), lambda row: when(row.heard_us)),
)


def router(desk: Desk, our_zone: str, away_after_us: int) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    def store_page(
        request: Request, who: Login, what: Asked, given: Mapping[str, str], *, problem: str = ""
    ) -> Response:
        with desk.look() as work:
            rows = [row for row in queries.listing(work.tx) if who.of(row.store)]
        now_us = desk.now_us()
        return answer(
            request, arrange(COLUMNS, rows, what), "stores/list.html", status=422 if problem else 200, given=given,
            problem=problem,
            online={row.store: row.state == "active" and now_us - row.heard_us < away_after_us for row in rows},
            may_open=Permission.SETTINGS in who.powers.everywhere,
        )  # fmt: skip

    @routes.get("/stores")
    def store_list(request: Request, who: Wide, what: List) -> Response:
        return store_page(request, who, what, {"currency": "EUR", "time_zone": our_zone})

    @routes.post("/stores")
    def open_a_store(
        request: Request,
        who: Opener,
        what: List,
        *,
        store: Annotated[str, Form(max_length=64)],
        name: Annotated[str, Form(max_length=100)],
        currency: Annotated[str, Form(max_length=10)],
        city: Annotated[str, Form(max_length=100)] = "",
        time_zone: Annotated[str, Form(max_length=64)] = "UTC",
    ) -> Response:
        """Whoever mistypes sees the page again, with the reason and their words kept."""
        given = {"store": store, "name": name, "currency": currency, "city": city, "time_zone": time_zone}
        try:
            card = stores.checked_card(**given)
            with desk.work() as work:
                stores.open_store(work, card)
        except (stores.StoreError, stores.StoreExistsError) as error:
            return store_page(request, who, what, given, problem=str(error))
        return go(request, f"/stores/{store}")

    def form(request: Request, store: str, given: Mapping[str, object] | None = None, *, problem: str = "") -> Response:
        with desk.look() as work:
            row = found(store_settings.row(work.tx, StoreId(store)), f"store {store}")
            name = called.stores(work.tx).get(store, store)
            notes = [each for each in changes.listing(work.tx, store=store, limit=NOTES_SHOWN) if each.what == "store"]
        return render(
            request, "stores/settings.html", status=422 if problem else 200, given=given or shown(row), store=store,
            name=name, currency=row.currency, roundings=tuple(TaxRounding), languages=tuple(WORDS), problem=problem,
            notes=notes,
        )  # fmt: skip

    @routes.get("/stores/{store}/settings")
    def settings_of(request: Request, who: Setter, store: str) -> Response:
        del who
        return form(request, store)

    @routes.post("/stores/{store}/settings")
    def keep(
        request: Request, who: Setter, store: str, *, tax_rounding: Annotated[TaxRounding, Form()], cash_step: Text,
        denominations: Text = "", refund_days: Text = "0", refund_cash: Text = "0", over_short: Text = "0",
        offline_card: Text = "0", cash_most: Text = "0",
        offline_value: Text = "0", value_months: Text = "0",
        order_deposit: Text = "0", order_fee: Text = "0", order_grace: Text = "0", layaway_days: Text = "180",
        legal_name: Text = "", tax_number: Text = "", address: Lines = "", receipt_foot: Lines = "",
        margin_scheme: Text = "", contact: Text = "", language: Text = "en", check_url: Text = "", why: Why = "",
    ) -> Response:  # fmt: skip
        """Everything as it shall be; every till of the store sells so as soon as it hears of it."""
        given: dict[str, object] = {
            "tax_rounding": tax_rounding, "cash_step": cash_step, "denominations": denominations,
            "refund_days": refund_days, "refund_cash": refund_cash, "over_short": over_short,
            "offline_card": offline_card, "cash_most": cash_most,
            "offline_value": offline_value, "value_months": value_months, "why": why,
            "order_deposit": order_deposit, "order_fee": order_fee, "order_grace": order_grace,
            "layaway_days": layaway_days,
            "legal_name": legal_name, "tax_number": tax_number, "address": address, "receipt_foot": receipt_foot,
            "margin_scheme": bool(margin_scheme), "contact": contact, "language": language, "check_url": check_url,
        }  # fmt: skip
        with desk.look() as work:
            currency = found(store_settings.row(work.tx, StoreId(store)), f"store {store}").currency

        def money(text: str, field: str) -> int:
            return amount_minor(text, currency, field)

        try:
            card = SettingsCard(
                store=StoreId(store), tax_rounding=tax_rounding, cash_step_minor=money(cash_step, "Smallest coin"),
                denominations=tuple(money(each, "Notes and coins") for each in denominations.split()),
                margin_scheme=bool(margin_scheme), refund_days=_number(refund_days, "Days to give back"),
                value_months=_number(value_months, "Months of gift cards and credit"),
                order_deposit_bp=percent_bp(order_deposit, "Deposit of an order"),
                order_fee_bp=percent_bp(order_fee, "Fee of an order that ends"),
                order_grace_days=_number(order_grace, "Days of grace"),
                layaway_days=_number(layaway_days, "Days to pay a layaway"),
                refund_cash_minor_max=money(refund_cash, "Cash that goes back"),
                cash_minor_max=money(cash_most, "Cash of one sale"),
                over_short_minor_max=money(over_short, "Drawer may be off by"),
                offline_card_minor_max=money(offline_card, "Card without a line"),
                offline_value_minor_max=money(offline_value, "Gift card without a line"), legal_name=legal_name.strip(),
                tax_number=tax_number.strip(), address=_lines(address), receipt_foot=_lines(receipt_foot),
                contact=contact.strip(), language=language, check_url=check_url.strip(),
            )  # fmt: skip
            with desk.work() as work:
                store_settings.put_settings(work, card, by=who.user, why=why)
        except (store_settings.SettingsError, changes.WhyError) as error:
            return form(request, store, given, problem=str(error))
        return go(request, f"/stores/{store}/settings")

    return routes


def shown(row: store_settings.SettingsRow) -> dict[str, object]:
    """Settings as a person types them."""
    digits = minor_digits(row.currency)
    coins = (plain(each, row.currency) for each in row.denominations)
    return {
        "tax_rounding": row.tax_rounding, "cash_step": plain(row.cash_step_minor, row.currency),
        "denominations": " ".join(each.removesuffix("." + "0" * digits) for each in coins),
        "refund_days": row.refund_days, "refund_cash": typed(row.refund_cash_minor_max, row.currency),
        "cash_most": typed(row.cash_minor_max, row.currency),
        "over_short": typed(row.over_short_minor_max, row.currency),
        "offline_card": typed(row.offline_card_minor_max, row.currency),
        "offline_value": typed(row.offline_value_minor_max, row.currency), "value_months": row.value_months,
        "order_deposit": f"{row.order_deposit_bp / 100:g}", "order_fee": f"{row.order_fee_bp / 100:g}",
        "order_grace": row.order_grace_days, "layaway_days": row.layaway_days,
        "margin_scheme": row.margin_scheme,
        "legal_name": row.legal_name, "tax_number": row.tax_number, "address": row.address,
        "receipt_foot": row.receipt_foot, "contact": row.contact, "language": row.language,
        "check_url": row.check_url,
    }  # fmt: skip


def _number(text: str, what: str) -> int:
    if not text.strip().isdecimal():
        raise store_settings.SettingsError(f"{what} are a number, 0 for none.")
    return int(text.strip()[:6])


def _lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())
