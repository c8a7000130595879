"""Pieces as the store shows them: card, books and floor together; and the pad."""

from typing import Final

import msgspec

from contract.facts import PresenceState
from contract.feed import PieceCard
from contract.ids import PieceId, SaleId
from edge.api import shapes
from edge.api.blindness import hidden_zones
from edge.api.shop import Shop
from edge.books import replica, seeking
from edge.till import ordering, queries
from trade.claim import Claim
from trade.custody import Token
from trade.piece import Hold, Standing, not_for_sale, unavailable
from trade.seek import SeekError
from trade.sets import left_behind
from web.logins import Login
from web.problems import ProblemError

SEARCH_HIDDEN_MAX: Final = 1000
"""Hits looked through while some are kept from who asks, so that those that are not are found behind them."""
EMPTY_CARD = PieceCard(
    piece=PieceId(""),
    sku="",
    title="",
    category="",
    metal="",
    fineness=0,
    weight_mg=0,
    stones="",
    price_minor=0,
    currency="",
    tax_bp=0,
    epc="",
)


def missing(what: str, name: str) -> ProblemError:
    return ProblemError(404, "not-found", f"There is no {what} {name} at this store")


def piece(shop: Shop, piece_id: PieceId) -> shapes.PieceView:
    card = replica.piece(shop.db, piece_id)
    if card is None:
        raise missing("piece", piece_id)
    return of_card(shop, card)


def of_card(shop: Shop, card: PieceCard) -> shapes.PieceView:
    """A card with what books and floor say of the piece now."""
    db = shop.db
    token = db.one("token", Token, piece=card.piece)
    claim = db.one("claim_live", Claim, piece=card.piece)
    hold = db.one("hold", Hold, piece=card.piece)
    shown = queries.presence_of(db, card.piece)
    seen = shop.seen(card.piece)
    kept_for = queries.receipt_called(db, hold.sale) if hold is not None else ""
    keeps = ordering.of_claim(db, claim)
    standing = Standing(
        piece=card.piece, card=card, token=token, claim=claim, hold=hold, seen=seen, kept_for=kept_for,
        order=keeps.number if keeps is not None else "", till=queries.till_of_claim(db, claim),
    )  # fmt: skip
    refusal = unavailable(standing) or not_for_sale(standing)
    return shapes.PieceView(
        piece=card.piece,
        sku=card.sku,
        title=card.title,
        category=card.category,
        metal=card.metal,
        fineness=card.fineness,
        weight_mg=card.weight_mg,
        stones=card.stones,
        price_minor=card.price_minor,
        currency=card.currency,
        epc=card.epc,
        photo=card.photo,
        tray=card.tray,
        home_zone=card.home_zone,
        zone=shop.zone_now(card.piece) or (shown.zone if shown else ""),
        presence=shown.state if shown else PresenceState.UNKNOWN,
        custody=str(token.state) if token else "",
        claim=claim.kind if claim else None,
        claimed_for=claim.ref if claim else "",
        seen=seen,
        sellable=refusal is None,
        why_not=refusal.why if refusal else "",
    )


def bare(shop: Shop, piece_id: PieceId) -> shapes.PieceView:
    """The view of a piece this store may have no card of (yet)."""
    return of_card(shop, replica.piece(shop.db, piece_id) or no_card(piece_id))


def no_card(piece_id: PieceId) -> PieceCard:
    """What is shown of a piece that has none."""
    return msgspec.structs.replace(EMPTY_CARD, piece=piece_id, title=str(piece_id))


def find_pieces(shop: Shop, query: str, *, zone: str, limit: int, who: Login) -> list[shapes.PieceView]:
    """The piece of this very id or EPC; else those that answer to the query; of one home zone when asked.

    Raises a 422 problem for a query that cannot be read. A list leaves out what belongs to, or lies in, zones whose
    figures are kept from this person.
    """
    exact = replica.piece(shop.db, PieceId(query)) or (replica.piece_by_epc(shop.db, query) if query else None)
    if exact:
        return [of_card(shop, exact)] if not zone or exact.home_zone == zone else []
    hidden = hidden_zones(shop, who)
    try:
        cards = replica.search(shop.db, query, SEARCH_HIDDEN_MAX if hidden else limit, zone=zone)
    except SeekError as error:
        raise ProblemError(422, "query", "This cannot be looked for", str(error)) from error
    shown = (of_card(shop, card) for card in cards if card.home_zone not in hidden and zone in ("", card.home_zone))
    return [each for each in shown if each.zone not in hidden][:limit]


def piece_named(shop: Shop, *, piece: str | None, epc: str | None) -> PieceId:
    """The piece a line asks for, by id or by tag. Raises a 404 or 422 problem."""
    if piece is not None:
        return PieceId(piece)
    if epc is None:
        raise ProblemError(422, "invalid", "Name a piece", "Give `piece` or `epc`.")
    card = replica.piece_by_epc(shop.db, epc)
    if card is None:
        raise missing("piece with the tag", epc)
    return card.piece


def presence(shop: Shop, *, zone: str, state: str, who: Login) -> list[shapes.PresenceView]:
    """Without what lies in, or belongs to, zones whose figures are kept from this person."""
    hidden = hidden_zones(shop, who)
    cards = shop.store.stock.cards if hidden else {}
    kept = {piece for piece, card in list(cards.items()) if card.home_zone in hidden}
    rows = [row for row in queries.presence(shop.db) if row.zone not in hidden and row.piece not in kept]
    return [
        shapes.PresenceView(piece=row.piece, state=row.state, zone=row.zone, since_us=row.since_us)
        for row in rows
        if (not zone or row.zone == zone) and (not state or row.state == state)
    ]


def incoming(shop: Shop) -> list[shapes.IncomingView]:
    shown = []
    for token in queries.incoming(shop.db):
        card = replica.piece(shop.db, token.piece) or EMPTY_CARD
        shown.append(
            shapes.IncomingView(
                piece=token.piece,
                title=card.title,
                transfer=token.transfer,
                source=token.source,
                price_minor=card.price_minor,
                currency=card.currency,
            )
        )
    return shown


def pad(shop: Shop, sale_id: SaleId | None) -> shapes.PadView:
    """The pad of the sale's till (the first pad without a sale), compared with the cart once it has settled."""
    cart = queries.sale(shop.db, sale_id) if sale_id else None
    if sale_id and cart is None:
        raise missing("sale", sale_id)
    now = shop.pad_now(cart.till if cart else None)
    laid = frozenset(now.pieces)
    asked = frozenset(cart.pieces()) if cart else frozenset()
    verdict, sentence = verdict_of(laid, asked, settled=now.settled, compared=cart is not None)
    pieces = tuple(
        shapes.PadPieceView(piece=bare(shop, each), in_sale=each in asked, partners=_partners(shop, each, laid | asked))
        for each in now.pieces
    )
    return shapes.PadView(
        state=verdict or now.state,
        settled=now.settled,
        pieces=pieces,
        unknown_tags=now.unknown_tags,
        verdict=verdict,
        sentence=sentence,
        not_on_pad=tuple(sorted(asked - laid)) if cart else (),
        not_in_sale=tuple(sorted(laid - asked)) if cart else (),
        total_minor=sum(each.piece.price_minor for each in pieces),
        currency=shop.config.currency,
    )


def _partners(shop: Shop, piece_id: PieceId, there: frozenset[PieceId]) -> tuple[str, ...]:
    """Names of what is of its set and would stay behind."""
    family = seeking.of_one_set(shop.db, piece_id)
    if len(family) < 2:
        return ()
    known = {
        each: Standing(piece=each, card=replica.piece(shop.db, each), token=shop.db.one("token", Token, piece=each))
        for each in family
    }
    return tuple(one.name for one in left_behind(there & known.keys(), known))


def verdict_of(
    laid: frozenset[PieceId], asked: frozenset[PieceId], *, settled: bool, compared: bool
) -> tuple[str, str]:
    """`matched`, `mismatch` or nothing yet, and the sentence for the person at the till."""
    if not laid and not settled:
        return "", "Lay the pieces on the pad."
    if not settled:
        return "", "Reading…"
    if not compared:
        return "", f"{len(laid)} on the pad."
    if laid == asked:
        those = "The piece of the cart lies" if len(asked) == 1 else f"All {len(asked)} pieces of the cart lie"
        return "matched", f"{those} on the pad, and nothing else."
    wrong = (laid - asked, "on the pad", "in the cart"), (asked - laid, "in the cart", "on the pad")
    parts = [
        f"{len(pieces)} piece{'s' if len(pieces) > 1 else ''} {here} {'are' if len(pieces) > 1 else 'is'} not {there}"
        for pieces, here, there in wrong
        if pieces
    ]
    return "mismatch", "; ".join(parts) + "."
