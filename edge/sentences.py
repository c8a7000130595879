"""What the wall says: one sentence with the numbers that made us say it, for the person who has to act on it."""

from contract.feed import PieceCard
from contract.money import plain


def called(card: PieceCard | None, piece: str) -> str:
    """A piece as people call it."""
    return piece if card is None else f"{card.title} ({card.sku})"


def missing(
    name: str,
    zone: str,
    *,
    silent_s: float,
    rounds: int,
    nats: float,
    threshold: float,
    company: tuple[int, int] | None,
) -> str:
    """`company` is (read, expected) of the piece's zone in the last round."""
    beside = "" if company is None else f" while {company[0]} of {company[1]} pieces beside it were"
    return (
        f"{name} was not read in {zone} for {duration(silent_s)} ({rounds} rounds){beside}; "
        f"evidence {nats:.1f} of the {threshold:.1f} nats this store asks for."
    )


def group(names: tuple[str, ...], zone: str, *, silent_s: float, rounds: int, nats: float) -> str:
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return (
        f"{len(names)} pieces of one tray in {zone} went quiet together {duration(silent_s)} ago ({rounds} rounds, "
        f"{nats:.1f} nats): {shown}. Lifted or covered, a reader cannot tell: please look."
    )


def left_unsold(name: str, gate: str, *, reads: int, custody: str) -> str:
    return f"{name} passed {gate} ({reads} reads there) and is {custody}: it has not been sold."


def peaceful(name: str, gate: str, why: str) -> str:
    return f"{name} passed {gate}: {why}."


def silent_reader(reader: str, why: str) -> str:
    """Why a zone is blind: its reader gives no rounds."""
    return f"reader {reader} is not reading{': ' + why if why else ''}; nothing in this zone can be judged"


def most_quiet(zone: str, read: int, expected: float) -> str:
    return f"only {read} of about {expected:.0f} readable pieces of {zone} answer at once: covered, opened or jammed"


def worth(amount_minor: int, currency: str) -> str:
    return f"{currency} {plain(amount_minor, currency)}"


def duration(seconds: float) -> str:
    """`8 s`, `4 min`, `2 h 10 min`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
