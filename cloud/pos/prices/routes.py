"""Taxes, promotions and rates over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import Field

from cloud import changes
from cloud.desk import Desk
from cloud.pos.http import Asked, conflicts
from cloud.pos.prices import desk as prices
from cloud.pos.prices import queries
from contract.feed import EVERY_STORE, Permission, PromotionCard, PromotionKind, RateCard, TaxCard, TaxChange, TaxPart
from web.logins import Login
from web.policy import allow, require, signed_in
from web.problems import ProblemError

ERRORS: Final = (prices.PriceError, changes.WhyError)
Setter = Annotated[Login, allow(Permission.SETTINGS, of="everywhere")]
Why = Annotated[str, Field(max_length=changes.WHY_CHARACTERS_MAX)]
Words = list[str]


class PartAsked(Asked):
    code: str
    name: str
    rate_bp: int

    def part(self) -> TaxPart:
        return TaxPart(code=self.code, name=self.name, rate_bp=self.rate_bp)


class TaxChangeAsked(Asked):
    """From this business day on."""

    from_day: str
    parts: list[PartAsked]


class TaxAsked(Asked):
    """The whole tax as it shall be."""

    name: str
    parts: list[PartAsked]
    included: bool = True
    changes: list[TaxChangeAsked] = Field(default=[], max_length=prices.CHANGES_MAX)
    why: Why


class PromotionAsked(Asked):
    """The whole promotion as it shall be. Days are business days, both included."""

    name: str
    how: str = Field(pattern="^(percent|amount|set)$")
    off_bp: int = 0
    off_minor: int = 0
    currency: str = ""
    from_day: str = ""
    to_day: str = ""
    categories: Words = Field(default=[])
    collections: Words = Field(default=[])
    designers: Words = Field(default=[])
    skus: Words = Field(default=[])
    total_minor_min: int = 0
    with_discount: bool = False
    why: Why


class RateAsked(Asked):
    """`rate_e9`: major units of the one for one of the other, × 10⁹. `quoted_us` in µs since 1970."""

    rate_e9: int
    source: str
    quoted_us: int
    why: Why


class WhyAsked(Asked):
    why: Why


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["prices"])
    add_taxes(routes, desk)
    add_promotions(routes, desk)
    add_rates(routes, desk)
    return routes


def add_taxes(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/taxes", dependencies=[signed_in("house")])
    def taxes() -> list[queries.TaxRow]:
        with desk.look() as work:
            return queries.taxes(work.tx)

    @routes.put("/taxes/{tax}")
    def put_tax(tax: str, asked: TaxAsked, who: Setter) -> list[queries.TaxRow]:
        """Every store hears of it by the feed; a rate with a day begins on that business day."""
        card = TaxCard(
            tax=tax, name=asked.name, included=asked.included, parts=tuple(each.part() for each in asked.parts),
            changes=tuple(
                TaxChange(from_day=each.from_day, parts=tuple(part.part() for part in each.parts))
                for each in asked.changes
            ),
        )  # fmt: skip
        with refusals(), desk.work() as work:
            prices.put_tax(work, card, by=who.user, why=asked.why)
        return taxes()

    @routes.post("/taxes/{tax}/end")
    def end_tax(tax: str, asked: WhyAsked, who: Setter) -> list[queries.TaxRow]:
        """409 while a piece names it."""
        with conflicts(*ERRORS, code="tax"), desk.work() as work:
            prices.end_tax(work, tax, by=who.user, why=asked.why)
        return taxes()


def add_promotions(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/promotions", dependencies=[signed_in()])
    def promotions(store: str = "") -> list[queries.PromotionRow]:
        with desk.look() as work:
            return queries.promotions(work.tx, store=store)

    @routes.put("/promotions/{promotion}")
    def put_promotion(
        promotion: str, asked: PromotionAsked, who: Annotated[Login, allow(Permission.SETTINGS)], store: str = ""
    ) -> list[queries.PromotionRow]:
        """At every store, or at one."""
        must_set(who, store)
        told = asked.model_dump(exclude={"why", "how"})
        lists = {name: tuple(told[name]) for name in ("categories", "collections", "designers", "skus")}
        card = PromotionCard(promotion=promotion, how=PromotionKind(asked.how), **{**told, **lists})
        with refusals(), desk.work() as work:
            prices.put_promotion(work, card, store or EVERY_STORE, by=who.user, why=asked.why)
        return promotions(store)

    @routes.post("/promotions/{promotion}/end")
    def end_promotion(
        promotion: str, asked: WhyAsked, who: Annotated[Login, allow(Permission.SETTINGS)], store: str = ""
    ) -> list[queries.PromotionRow]:
        must_set(who, store)
        with conflicts(*ERRORS, code="promotion"), desk.work() as work:
            prices.end_promotion(work, promotion, store or EVERY_STORE, by=who.user, why=asked.why)
        return promotions(store)


def add_rates(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/rates", dependencies=[signed_in("house")])
    def rates() -> list[queries.RateRow]:
        with desk.look() as work:
            return queries.rates(work.tx)

    @routes.put("/rates/{currency}/{into}")
    def put_rate(currency: str, into: str, asked: RateAsked, who: Setter) -> list[queries.RateRow]:
        card = RateCard(
            currency=currency, into=into, rate_e9=asked.rate_e9, source=asked.source.strip(), quoted_us=asked.quoted_us
        )
        with refusals(), desk.work() as work:
            prices.put_rate(work, card, by=who.user, why=asked.why)
        return rates()

    @routes.post("/rates/{currency}/{into}/end")
    def end_rate(currency: str, into: str, asked: WhyAsked, who: Setter) -> list[queries.RateRow]:
        with conflicts(*ERRORS, code="rate"), desk.work() as work:
            prices.end_rate(work, currency, into, by=who.user, why=asked.why)
        return rates()


def must_set(who: Login, store: str) -> None:
    """Raises a 403 problem unless this person sets prices at this store; without one, at every store."""
    if store:
        require(who, Permission.SETTINGS, store=store)
    elif Permission.SETTINGS not in who.powers.everywhere:
        raise ProblemError(403, "permission", "This is not yours to do", "Name one of your stores, or ask an admin.")


@contextmanager
def refusals() -> Iterator[None]:
    """What cannot be true becomes a 422 problem with its sentence."""
    try:
        yield
    except ERRORS as error:
        raise ProblemError(422, "prices", "This cannot be right", str(error)) from error
