"""From books, floor and feed to the typed shapes that routes and pages show. Reads only; runs on the loop thread."""

import msgspec

from contract.facts import CountVerdict, PresenceState, Stream, Verdict, Vision
from contract.feed import PieceCard, StaffCard
from contract.ids import AlarmId, CountId, PieceId, SaleId, ShiftId, TillId, UserId
from edge import local, replica
from edge.api import shapes
from edge.api.shop import Shop
from edge.db import Database
from edge.house import Mood
from edge.rows import AlarmRow, AlarmState, Counter, CountRow, CountState, Mode, Node, SaleRow, pieces_of, zones_of
from edge.till import queries
from trade.claim import Claim
from trade.custody import Token
from trade.piece import Hold, Standing, unavailable
from trade.sale import SaleState
from trade.shift import Shift, ShiftState
from web.problems import ProblemError

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
SALES_SHOWN = (SaleState.OPEN, SaleState.PARKED, SaleState.RECORDED, SaleState.VOIDED)
COUNT_WORDS = {CountState.COUNTING: "running"}


def _missing(what: str, name: str) -> ProblemError:
    return ProblemError(404, "not-found", f"There is no {what} {name} at this store")


def _node(db: Database) -> Node:
    node = db.one("node", Node)
    assert node is not None, "the node row is made when the books are"
    return node


# --- the store ------------------------------------------------------------------------------------------------


def health(shop: Shop) -> shapes.HealthView:
    mood = shop.house.mood
    return shapes.HealthView(
        ok=mood in (Mood.RUNNING, Mood.FULL), mood=str(mood), mode=str(_node(shop.db).mode), uplink_up=shop.uplink.up
    )


def store(shop: Shop) -> shapes.StoreView:
    node, floor = _node(shop.db), shop.floor
    return shapes.StoreView(
        store=shop.config.store,
        name=shop.config.name,
        currency=shop.config.currency,
        mode=str(node.mode),
        mode_why=node.why,
        mood=str(shop.house.mood),
        business_day=shop.business_day(),
        tills=tuple(shop.config.tills),
        zones=zones(shop),
        readers=readers(shop),
        uplink=uplink(shop),
        alarms_open=len(queries.alarms_open(shop.db)),
        threshold_nats=floor.threshold_nats,
        alarms_per_month=floor.alarms_per_month,
        unknown_tags=floor.unknown_tags,
        pieces=floor.pieces,
    )


def zones(shop: Shop) -> tuple[shapes.ZoneView, ...]:
    now = {zone.zone: zone for zone in shop.floor.zones}
    shown = []
    for zone in shop.config.zones:
        figures = now.get(zone.id)
        shown.append(
            shapes.ZoneView(
                zone=zone.id,
                name=zone.name,
                kind=zone.kind,
                x=zone.x,
                y=zone.y,
                width=zone.width,
                height=zone.height,
                vision=figures.vision if figures else Vision.BLIND,
                why=figures.why if figures else "the box is starting",
                expected=figures.expected if figures else 0,
                present=figures.present if figures else 0,
                missing=figures.missing if figures else 0,
                hard_to_read=figures.hard_to_read if figures else 0,
            )
        )
    return tuple(shown)


def readers(shop: Shop) -> tuple[shapes.ReaderView, ...]:
    now_us = shop.clock.mono_us()
    zones_of_reader = {reader.id: reader.antennas for reader in shop.config.readers}
    return tuple(
        shapes.ReaderView(
            reader=reader.reader,
            link=reader.link,
            why=reader.why,
            model=reader.model,
            firmware=reader.firmware,
            zones=tuple(dict.fromkeys(zones_of_reader[reader.reader].values())),
            silent_s=round(max(0, now_us - reader.last_heard_us) / 1e6, 1) if reader.last_heard_us else 0.0,
            reads_per_s=round(reader.reads_per_s, 1),
            reads_total=reader.reads_total,
            dropped_total=reader.dropped_total,
        )
        for reader in shop.floor.readers
    )


def uplink(shop: Shop) -> shapes.UplinkView:
    node = _node(shop.db)
    logs = [log for log in shop.db.rows("counters", Counter) if log.epoch == node.epoch]
    return shapes.UplinkView(
        configured=shop.uplink.configured,
        up=shop.uplink.up,
        why_down=shop.uplink.why_down,
        standing="ok" if node.mode is Mode.ACTIVE else node.why,
        unsent=sum(log.seq - log.upto for log in logs),
        feed_rev=node.feed_rev,
    )


def staff(shop: Shop) -> list[shapes.UserView]:
    """Active people of this store, by name."""
    mine = [card for card in replica.people(shop.db) if works_here(card, shop.config.store)]
    return [
        shapes.UserView(
            user=card.user,
            name=card.name,
            roles=card.roles,
            has_pin=local.pin(shop.db, UserId(card.user)) is not None,
        )
        for card in sorted(mine, key=lambda card: card.name)
    ]


def works_here(card: StaffCard, store_id: str) -> bool:
    """Active, and of this store or of every store."""
    return card.active and (not card.stores or store_id in card.stores)


# --- pieces ---------------------------------------------------------------------------------------------------


def piece(shop: Shop, piece_id: PieceId) -> shapes.PieceView:
    card = replica.piece(shop.db, piece_id)
    if card is None:
        raise _missing("piece", piece_id)
    return of_card(shop, card)


def of_card(shop: Shop, card: PieceCard) -> shapes.PieceView:
    """A card with what books and floor say of the piece now."""
    db = shop.db
    token = db.one("token", Token, piece=card.piece)
    claim = db.one("claim_live", Claim, piece=card.piece)
    hold = db.one("hold", Hold, piece=card.piece)
    shown = queries.presence_of(db, card.piece)
    seen = shop.seen(card.piece)
    refusal = unavailable(Standing(piece=card.piece, card=card, token=token, claim=claim, hold=hold, seen=seen))
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
    card = replica.piece(shop.db, piece_id)
    if card is not None:
        return of_card(shop, card)
    return of_card(shop, msgspec.structs.replace(EMPTY_CARD, piece=piece_id, title=str(piece_id)))


def find_pieces(shop: Shop, query: str, *, zone: str, limit: int) -> list[shapes.PieceView]:
    """An exact id or EPC first; else pieces whose words hold the query; in one zone when asked."""
    exact = replica.piece(shop.db, PieceId(query)) or (replica.piece_by_epc(shop.db, query) if query else None)
    cards = [exact] if exact else replica.search(shop.db, query, limit)
    return [of_card(shop, card) for card in cards if not zone or card.home_zone == zone][:limit]


def piece_named(shop: Shop, *, piece: str | None, epc: str | None) -> PieceId:
    """The piece a line asks for, by id or by tag. Raises a 404 or 422 problem."""
    if piece is not None:
        return PieceId(piece)
    if epc is None:
        raise ProblemError(422, "invalid", "Name a piece", "Give `piece` or `epc`.")
    card = replica.piece_by_epc(shop.db, epc)
    if card is None:
        raise _missing("piece with the tag", epc)
    return card.piece


def presence(shop: Shop, *, zone: str, state: str) -> list[shapes.PresenceView]:
    rows = queries.presence(shop.db)
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
        raise _missing("sale", sale_id)
    now = shop.pad_now(cart.till if cart else None)
    laid = frozenset(now.pieces)
    asked = frozenset(cart.pieces()) if cart else frozenset()
    verdict, sentence = verdict_of(laid, asked, settled=now.settled, compared=cart is not None)
    pieces = tuple(shapes.PadPieceView(piece=bare(shop, each), in_sale=each in asked) for each in now.pieces)
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
        return "matched", f"All {len(asked)} pieces of the sale lie on the pad, and nothing else."
    more, less = len(laid - asked), len(asked - laid)
    parts = ([f"{more} on the pad not in the sale"] if more else []) + (
        [f"{less} in the sale not on the pad"] if less else []
    )
    return "mismatch", "; ".join(parts) + "."


# --- sales and shifts -----------------------------------------------------------------------------------------


def sale(shop: Shop, sale_id: SaleId) -> shapes.SaleView:
    row = queries.sale_row(shop.db, sale_id)
    if row is None:
        raise _missing("sale", sale_id)
    return _sale(shop, row)


def sales(shop: Shop, state: str) -> list[shapes.SaleView]:
    """Newest first. Raises a 422 problem for a state that is none."""
    if state not in SALES_SHOWN:
        raise ProblemError(422, "invalid", f"{state!r} is no state of a sale", f"Use {', '.join(SALES_SHOWN)}.")
    return [_sale(shop, row) for row in queries.sales_in(shop.db, SaleState(state))]


def _sale(shop: Shop, row: SaleRow) -> shapes.SaleView:
    db = shop.db
    returned = queries.returned_lines(db, row.sale)
    log = db.one("counter", Counter, epoch=row.epoch, stream=Stream.TRADE) if row.epoch else None
    return shapes.SaleView(
        sale=row.sale,
        till=row.till,
        state=str(row.state),
        associate=row.associate,
        currency=row.currency,
        lines=tuple(
            shapes.SaleLineView(
                line=line.line,
                piece=line.piece or "",
                description=line.description,
                list_price_minor=line.list_price_minor,
                discount_minor=line.discount_minor,
                gross_minor=line.gross_minor,
                tax_minor=line.tax_minor,
                returned=line.line in returned,
            )
            for line in queries.sale_lines(db, row.sale)
        ),
        tenders=tuple(
            shapes.TenderView(
                kind=tender.kind,
                amount_minor=tender.amount_minor,
                change_minor=tender.change_minor,
                reference=tender.reference,
            )
            for tender in queries.sale_tenders(db, row.sale)
        ),
        total_minor=row.total_minor,
        tax_minor=row.tax_minor,
        receipt_number=row.receipt_number or None,
        business_day=row.business_day,
        sent=log is not None and 0 < row.trade_seq <= log.upto,
    )


def shifts(shop: Shop) -> list[shapes.ShiftView]:
    return [_shift(each) for each in queries.shifts_newest(shop.db)]


def shift(shop: Shop, shift_id: ShiftId) -> shapes.ShiftView:
    found = queries.shift(shop.db, shift_id)
    if found is None:
        raise _missing("shift", shift_id)
    return _shift(found)


def open_shift(shop: Shop, till: TillId) -> ShiftId:
    """The shift open at a till. Raises a 409 problem when there is none."""
    found = queries.open_shift(shop.db, till)
    if found is None:
        raise ProblemError(409, "no-shift", f"No shift is open at {till}", "Open one first.")
    return found.shift


def _shift(row: Shift) -> shapes.ShiftView:
    closed = row.state is ShiftState.CLOSED
    return shapes.ShiftView(
        shift=row.shift,
        till=row.till,
        state=str(row.state),
        business_day=row.business_day,
        float_minor=row.float_minor,
        currency=row.currency,
        z_number=row.z_number or None,
        sales=row.sales,
        returns=row.returns,
        gross_minor=row.gross_minor,
        cash_expected_minor=row.cash_expected_minor if closed else None,
        cash_counted_minor=row.cash_counted_minor if closed else None,
    )


# --- counts and alarms ----------------------------------------------------------------------------------------


def counts(shop: Shop) -> list[shapes.CountView]:
    """Newest first, without their verdicts."""
    return [_count(shop, row, ()) for row in shop.db.rows("counts_newest", CountRow, limit=queries.PAGE_ROWS_MAX)]


def count(shop: Shop, count_id: CountId) -> shapes.CountView:
    row = queries.count(shop.db, count_id)
    if row is None:
        raise _missing("count", count_id)
    return _count(shop, row, tuple(shop.db.rows("verdicts", CountVerdict, count=count_id)))


def _count(shop: Shop, row: CountRow, verdicts: tuple[CountVerdict, ...]) -> shapes.CountView:
    now = shop.store.counting.now.get(row.count)
    tallies = now.zones if now else tuple((zone, 0, 0) for zone in zones_of(row))
    return shapes.CountView(
        count=row.count,
        place=row.place,
        state=COUNT_WORDS.get(row.state, str(row.state)),
        zones=tuple(shapes.ZoneTallyView(zone=zone, expected=asked, found=found) for zone, asked, found in tallies),
        rounds=row.round,
        expected=row.expected,
        found=row.found,
        p_complete=row.p_complete,
        unread_expected=row.unread_expected,
        why_stopped=row.why_stopped,
        verdicts=tuple(_verdict(shop, verdict) for verdict in verdicts if verdict.verdict is not Verdict.FOUND),
        value_minor=row.value_minor,
        weight_mg=row.weight_mg,
        currency=row.currency or shop.config.currency,
        unknown_tags=row.unknown_tags,
        started_us=row.started_us,
    )


def _verdict(shop: Shop, verdict: CountVerdict) -> shapes.VerdictView:
    card = replica.piece(shop.db, verdict.piece)
    return shapes.VerdictView(
        piece=verdict.piece,
        title=f"{card.title} ({card.sku})" if card else verdict.piece,
        verdict=verdict.verdict,
        zone=verdict.zone,
        p_present=verdict.p_present,
        note=verdict.note,
    )


def alarms(shop: Shop, *, everything: bool) -> list[shapes.AlarmView]:
    rows = queries.alarms_newest(shop.db) if everything else queries.alarms_open(shop.db)
    return [_alarm(shop, row) for row in rows]


def alarm(shop: Shop, alarm_id: AlarmId) -> shapes.AlarmView:
    row = shop.db.one("alarm", AlarmRow, alarm=alarm_id)
    if row is None:
        raise _missing("alarm", alarm_id)
    return _alarm(shop, row)


def _alarm(shop: Shop, row: AlarmRow) -> shapes.AlarmView:
    names = {zone.id: zone.name for zone in shop.config.zones}
    return shapes.AlarmView(
        alarm=row.alarm,
        kind=row.kind,
        pieces=tuple(bare(shop, each) for each in pieces_of(row)),
        zone=row.zone,
        zone_name=names.get(row.zone, str(row.zone)),
        sentence=row.sentence,
        evidence_nats=row.evidence_nats,
        rounds=row.rounds,
        value_minor=row.value_minor,
        currency=row.currency,
        raised_us=row.raised_us,
        open=row.state is AlarmState.OPEN,
        outcome=row.outcome,
        note=row.note,
    )
