"""The office's pages of taxes, promotions and rates: one list each, and one form each."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from cloud import called, changes, feed
from cloud.desk import Desk
from cloud.listing import answer, of_stores
from cloud.pos.http import conflicts, found
from cloud.pos.prices import columns, queries
from cloud.pos.prices import desk as prices
from cloud.pos.prices.routes import ERRORS, Setter, must_set
from contract.feed import EVERY_STORE, Permission, PromotionCard, PromotionKind, RateCard, TaxCard, TaxChange, TaxPart
from contract.money import E9
from web.forms import amount_minor, percent_bp, typed
from web.front import go, render
from web.logins import Login
from web.policy import allow
from web.tables import Asked, Listed, arrange, asked

PART_LINE: Final = re.compile(r"\s*([0-9]{1,3}(?:[.,][0-9]{1,2})?)\s*%?\s+(\S.*)")
RATE: Final = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,9}))?")
LINES_MAX: Final = 4000
EMPTY_TAX: Final[Mapping[str, object]] = {"tax": "", "name": "", "included": True, "parts": "", "changes": ""}
Looker = Annotated[Login, allow(Permission.SETTINGS)]
List = Annotated[Asked, Depends(asked)]
Kind = Literal["promotions", "taxes", "rates"]
Word = Annotated[str, Query(max_length=100)]
Text = Annotated[str, Form(max_length=200)]
Lines = Annotated[str, Form(max_length=LINES_MAX)]
Why = Annotated[str, Form(max_length=changes.WHY_CHARACTERS_MAX)]


def router(desk: Desk, time_zone: str) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/prices")
    def overview(request: Request, who: Looker, what: List, store: Word = "", of: Kind = "promotions") -> Response:
        """What makes a price beside the piece's own: one kind of it at a time."""
        with desk.look() as work:
            names = called.stores(work.tx)
            table: Listed[Any]
            match of:
                case "taxes":
                    table = arrange(columns.TAXES, feed.cards(work.tx, TaxCard).values(), what)
                case "rates":
                    table = arrange(columns.RATES, queries.rates(work.tx), what)
                case _:
                    choices = of_stores({name: title for name, title in names.items() if who.of(name)})
                    cards = queries.promotion_cards(work.tx, store=store)
                    table = arrange(columns.of_promotions(names), cards, what, choices)
        today = dt.datetime.fromtimestamp(desk.now_us() / 1e6, ZoneInfo(time_zone)).date().isoformat()
        return answer(
            request, table, "prices/list.html", of=of, names=names, today=today, told_parts=prices.told_parts,
            told_off=prices.told_off, told_e9=prices.told_e9, may_set=Permission.SETTINGS in who.powers.everywhere,
        )  # fmt: skip

    add_taxes(routes, desk)
    add_promotions(routes, desk)
    add_rates(routes, desk, time_zone)
    return routes


def add_taxes(routes: APIRouter, desk: Desk) -> None:
    def form(request: Request, given: Mapping[str, object], *, problem: str = "", new: bool = False) -> Response:
        return render(request, "prices/tax.html", status=422 if problem else 200, given=given, problem=problem, new=new)

    @routes.get("/prices/taxes/new")
    def new_tax(request: Request, who: Setter) -> Response:
        del who
        return form(request, EMPTY_TAX, new=True)

    @routes.get("/prices/taxes/{tax}")
    def one_tax(request: Request, who: Setter, tax: str) -> Response:
        del who
        with desk.look() as work:
            card = found(feed.card(work.tx, TaxCard, f"tax:{tax}"), f"tax {tax}")
        return form(request, shown(card))

    @routes.post("/prices/taxes")
    def keep(
        request: Request, who: Setter, *, tax: Text, name: Text, parts: Lines, why: Why = "", later: Lines = "",
        included: Text = "", new: Text = "",
    ) -> Response:  # fmt: skip
        """Rates a line each, `20 % VAT`; changes a line each, `2027-01-01 21 % VAT`."""
        given = {
            "tax": tax, "name": name, "included": bool(included), "parts": parts, "changes": later, "why": why,
        }  # fmt: skip
        try:
            card = TaxCard(
                tax=tax.strip(), name=name.strip(), included=bool(included), parts=read_parts(parts),
                changes=read_changes(later),
            )  # fmt: skip
            with desk.work() as work:
                if new and feed.card(work.tx, TaxCard, f"tax:{card.tax}") is not None:
                    raise prices.PriceError(f"There is a tax {card.tax!r} already: change it, or choose another code.")
                prices.put_tax(work, card, by=who.user, why=why)
        except ERRORS as error:
            return form(request, given, problem=str(error), new=bool(new))
        return go(request, "/prices?of=taxes")

    @routes.post("/prices/taxes/{tax}/end")
    def end(request: Request, who: Setter, tax: str, why: Why) -> Response:
        with conflicts(*ERRORS, code="tax"), desk.work() as work:
            prices.end_tax(work, tax, by=who.user, why=why)
        return go(request, "/prices?of=taxes")


def add_promotions(routes: APIRouter, desk: Desk) -> None:
    def form(
        request: Request, who: Login, given: Mapping[str, object], *, problem: str = "", new: bool = False
    ) -> Response:
        with desk.look() as work:
            names = called.stores(work.tx)
        mine = {name: title for name, title in names.items() if who.may(Permission.SETTINGS, store=name)}
        return render(
            request, "prices/promotion.html", status=422 if problem else 200, given=given, problem=problem, new=new,
            kinds=tuple(PromotionKind), stores=mine, names=names, every=Permission.SETTINGS in who.powers.everywhere,
        )  # fmt: skip

    @routes.get("/prices/promotions/new")
    def new_promotion(request: Request, who: Looker) -> Response:
        card = PromotionCard(promotion="", name="", how=PromotionKind.PERCENT, currency="EUR")
        return form(request, who, told(card, who.powers.only[0] if who.powers.only else ""), new=True)

    @routes.get("/prices/promotions/{promotion}")
    def one_promotion(request: Request, who: Looker, promotion: str, store: Word = "") -> Response:
        with desk.look() as work:
            key, scope = f"promotion:{promotion}", store or EVERY_STORE
            card = found(feed.card(work.tx, PromotionCard, key, scope), f"promotion {promotion}")
        return form(request, who, told(card, store))

    @routes.post("/prices/promotions")
    async def keep(request: Request, who: Looker) -> Response:
        """Every field of the form as text; whoever mistypes sees it again with the reason."""
        asked = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        given = {name: asked.get(name, "")[:LINES_MAX] for name in FIELDS}
        given["with_discount"] = given["with_discount"] and "yes"
        at, why, new = asked.get("at", ""), asked.get("why", ""), bool(asked.get("new"))
        must_set(who, at)
        try:
            card = read_promotion(given)
            with desk.work() as work:
                key = f"promotion:{card.promotion}"
                if new and feed.card(work.tx, PromotionCard, key, at or EVERY_STORE) is not None:
                    raise prices.PriceError(f"There is a promotion {card.promotion!r} already: choose another code.")
                prices.put_promotion(work, card, at or EVERY_STORE, by=who.user, why=why)
        except ERRORS as error:
            return form(request, who, {**given, "at": at, "why": why}, problem=str(error), new=new)
        return go(request, "/prices")

    @routes.post("/prices/promotions/{promotion}/end")
    def end(request: Request, who: Looker, promotion: str, why: Why, at: Text = "") -> Response:
        must_set(who, at)
        with conflicts(*ERRORS, code="promotion"), desk.work() as work:
            prices.end_promotion(work, promotion, at or EVERY_STORE, by=who.user, why=why)
        return go(request, "/prices")


def add_rates(routes: APIRouter, desk: Desk, time_zone: str) -> None:
    zone = ZoneInfo(time_zone)

    def form(request: Request, given: Mapping[str, object], *, problem: str = "") -> Response:
        return render(request, "prices/rate.html", status=422 if problem else 200, given=given, problem=problem)

    @routes.get("/prices/rates")
    def a_rate(request: Request, who: Setter, currency: Word = "", into: Word = "") -> Response:
        del who
        with desk.look() as work:
            card = feed.card(work.tx, RateCard, f"rate:{currency}:{into}")
        now = dt.datetime.fromtimestamp(desk.now_us() / 1e6, zone).strftime("%Y-%m-%dT%H:%M")
        given = {
            "currency": currency, "into": into or "EUR", "rate": prices.told_e9(card.rate_e9) if card else "",
            "source": card.source if card else "", "quoted": now, "standing": card is not None,
        }  # fmt: skip
        return form(request, given)

    @routes.post("/prices/rates")
    def keep(
        request: Request, who: Setter, *, currency: Text, into: Text, rate: Text, source: Text, quoted: Text,
        why: Why = "",
    ) -> Response:  # fmt: skip
        """`quoted` in the office's own time."""
        given = {
            "currency": currency, "into": into, "rate": rate, "source": source, "quoted": quoted, "why": why,
            "standing": False,
        }  # fmt: skip
        try:
            card = RateCard(
                currency=currency.strip().upper(), into=into.strip().upper(), rate_e9=read_rate(rate),
                source=source.strip(), quoted_us=read_moment(quoted, zone),
            )  # fmt: skip
            with desk.work() as work:
                prices.put_rate(work, card, by=who.user, why=why)
        except ERRORS as error:
            return form(request, given, problem=str(error))
        return go(request, "/prices?of=rates")

    @routes.post("/prices/rates/end")
    def end(request: Request, who: Setter, currency: Text, into: Text, why: Why) -> Response:
        with conflicts(*ERRORS, code="rate"), desk.work() as work:
            prices.end_rate(work, currency, into, by=who.user, why=why)
        return go(request, "/prices?of=rates")


# --- what people type -------------------------------------------------------------------------------------------

FIELDS: Final = (
    "promotion", "name", "how", "percent", "amount", "currency", "from_day", "to_day", "categories", "collections",
    "designers", "skus", "minimum", "with_discount",
)  # fmt: skip


def read_parts(text: str) -> tuple[TaxPart, ...]:
    """`20 % VAT`, a line each; its code is made of the name. Raises `PriceError`."""
    parts = []
    for line in filter(str.strip, text.splitlines()):
        read = PART_LINE.fullmatch(line)
        if read is None:
            raise prices.PriceError(f"{line.strip()!r} is no rate: write it like “20 % VAT”, a line each.")
        name = " ".join(read[2].split())
        code = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30] or "tax"
        parts.append(TaxPart(code=code, name=name, rate_bp=percent_bp(read[1], "Rate")))
    return tuple(parts)


def read_changes(text: str) -> tuple[TaxChange, ...]:
    """`2027-01-01 21 % VAT`, a line each; lines of one day are the rates of that day. Raises `PriceError`."""
    by_day: dict[str, list[str]] = {}
    for line in filter(str.strip, text.splitlines()):
        day, _, rest = line.strip().partition(" ")
        by_day.setdefault(day, []).append(rest)
    return tuple(TaxChange(from_day=day, parts=read_parts("\n".join(by_day[day]))) for day in sorted(by_day))


def shown(card: TaxCard) -> dict[str, object]:
    """A tax as a person types it."""
    later = [f"{change.from_day} {_part(part)}" for change in card.changes for part in change.parts]
    return {
        "tax": card.tax, "name": card.name, "included": card.included, "parts": "\n".join(map(_part, card.parts)),
        "changes": "\n".join(later),
    }  # fmt: skip


def read_promotion(given: Mapping[str, str]) -> PromotionCard:
    """Raises `PriceError`, and a 422 problem for what is no figure."""
    how, currency = given["how"], given["currency"].strip().upper()
    if how not in list(PromotionKind):
        raise prices.PriceError("A promotion takes a percentage or an amount off, or belongs to a set.")
    lists = {name: _words(given[name]) for name in ("categories", "collections", "designers", "skus")}
    minimum = amount_minor(given["minimum"], currency, "From a total of")
    off_minor = amount_minor(given["amount"], currency, "Amount off")
    return PromotionCard(
        promotion=given["promotion"].strip(), name=given["name"].strip(), how=PromotionKind(how),
        off_bp=percent_bp(given["percent"], "Percent off"), off_minor=off_minor,
        currency=currency if minimum or off_minor else "", from_day=given["from_day"], to_day=given["to_day"],
        total_minor_min=minimum, with_discount=bool(given["with_discount"]), **lists,
    )  # fmt: skip


def told(card: PromotionCard, store: str) -> dict[str, object]:
    """A promotion as a person types it."""
    currency = card.currency or "EUR"
    lists = {name: ", ".join(getattr(card, name)) for name in ("categories", "collections", "designers", "skus")}
    return {
        "promotion": card.promotion, "name": card.name, "how": card.how, "currency": currency, "at": store,
        "percent": f"{card.off_bp / 100:g}" if card.off_bp else "", "from_day": card.from_day, "to_day": card.to_day,
        "amount": typed(card.off_minor, currency) if card.off_minor else "",
        "minimum": typed(card.total_minor_min, currency) if card.total_minor_min else "",
        "with_discount": "yes" if card.with_discount else "", **lists,
    }  # fmt: skip


def read_rate(text: str) -> int:
    """`1.0845` → `1084500000`. Raises `PriceError`."""
    read = RATE.fullmatch(text.strip())
    if read is None:
        raise prices.PriceError(f"{text!r} is no rate: write it like 1.0845, with at most nine digits after the point.")
    return int(read[1]) * E9 + int((read[2] or "").ljust(9, "0"))


def read_moment(text: str, zone: ZoneInfo) -> int:
    """Raises `PriceError`."""
    try:
        return int(dt.datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1e6)
    except ValueError as error:
        raise prices.PriceError(f"{text!r} is no time: write it like 2026-11-29T09:00.") from error


def _part(part: TaxPart) -> str:
    return f"{part.rate_bp / 100:g} % {part.name}"


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in re.split(r"[,\n]", text) if word.strip()))
