"""People with some cards written twice, and which cards are one person's: what `bench.clients` and the tests compare.

Two sources, neither of which knows our rules. DupeHell makes people and spoils them (typing, cut and swapped words,
wrong dates) in English, French and German; it gives few of them a telephone or a mailbox. Faker makes people of three
countries with all of it; how those are written a second time is ours, after what clerks do. Households, twins and
fathers with their sons are put among them, who look like one person and are two.

`python -m bench.clients_people` prints precision and recall by threshold on the seeds `LEARNING`, which nothing else
uses.
"""

import random
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Any, Final

import duckdb
import numpy as np

from cloud.clienteling.identity.blocks import blocked
from cloud.clienteling.identity.clusters import clusters
from cloud.clienteling.identity.matching import REVIEW_BITS, Pairs, pairs
from cloud.clienteling.identity.nicknames import LONGER
from cloud.clienteling.identity.normal import name
from cloud.clienteling.identity.people import Card, columns

LOCALES: Final = {"fr_FR": "FR", "de_DE": "DE", "en_GB": "GB"}
LEARNING: Final = (9_001, 9_002, 9_003)
Written = tuple[list[Card], list[int]]
"""Cards, and the person of each."""


def faked(people: int, seed: int) -> Written:
    """About as many people of three countries as asked for, a third of them written twice or thrice."""
    from faker import Faker  # noqa: PLC0415  only those who test have it

    rng = random.Random(seed)
    makers = [(Faker(locale), country) for locale, country in LOCALES.items()]
    for maker, _ in makers:
        maker.seed_instance(seed)
    cards: list[Card] = []
    owner: list[int] = []
    person = 0
    while person < people:
        one = _person(*makers[person % len(makers)], rng)
        circle = [one, *_circle(one, makers[person % len(makers)][0], rng)]
        for member in circle:
            times = 1 if rng.random() < 0.67 else rng.choice((2, 2, 2, 3))
            for at in range(times):
                card = member if at == 0 else _spoilt(member, rng)
                cards.append(replace(card, id=f"C{len(cards)}"))
                owner.append(person)
            person += 1
    return _shuffled(cards, owner, rng)


def _person(fake: Any, country: str, rng: random.Random) -> Card:
    given, family = fake.first_name(), fake.last_name()
    mail = rng.choice(
        (f"{given}.{family}", f"{given[0]}{family}{rng.randrange(100)}", f"{family}{rng.randrange(1000)}")
    )
    born = date(rng.randrange(1935, 2004), 1, 1).toordinal() + rng.randrange(365)
    return Card(
        id="", given=given, family=family, birthday=date.fromordinal(born).isoformat() if rng.random() < 0.7 else "",
        email=f"{name(mail)}@{rng.choice(('gmail.com', 'outlook.com', 'example.com', 'orange.fr', 'gmx.de'))}"
        if rng.random() < 0.8 else "",
        phone=_number(country, rng) if rng.random() < 0.85 else "",
        street=fake.street_address(), postcode=fake.postcode(), city=fake.city(), country=country,
    )  # fmt: skip


def _number(country: str, rng: random.Random) -> str:
    """A mobile number as it is written inland. Faker's own are often not possible numbers."""
    begin, digits = {"FR": ("06", 8), "DE": ("0151", 8), "GB": ("077", 8)}[country]
    return begin + "".join(rng.choice("0123456789") for _ in range(digits))


def _circle(one: Card, fake: Any, rng: random.Random) -> list[Card]:
    """People who look like `one` and are not: one in thirteen has such a circle."""
    match rng.randrange(120):
        case 0 | 1 | 2 | 3:  # a couple that shares telephone and mailbox
            return [replace(one, given=_other(fake, one), birthday=_moved(one.birthday, rng.randrange(300, 3_000)))]
        case 4 | 5 | 6 | 7:  # twins
            return [replace(one, given=_other(fake, one), email="", phone=_number(one.country, rng))]
        case 8 if one.birthday:  # a father and his son of the same name, in one house
            return [replace(one, birthday=_moved(one.birthday, rng.randrange(8_000, 12_000)), email="")]
        case _:
            return []


def _other(fake: Any, one: Card) -> str:
    while name(other := fake.first_name())[:3] == name(one.given)[:3]:
        pass
    return str(other)


def _moved(day: str, days: int) -> str:
    return date.fromordinal(date.fromisoformat(day).toordinal() + days).isoformat() if day else ""


def _typed(text: str, rng: random.Random) -> str:
    """One slip of the fingers."""
    if len(text) < 4:
        return text
    at = rng.randrange(1, len(text) - 1)
    letter = rng.choice("0123456789" if text[at].isdigit() else "aeinrst")
    return rng.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
            text[:at] + text[at] + text[at:],
            text[:at] + letter + text[at + 1 :],
        )
    )


def _short(card: Card, rng: random.Random) -> Card:
    words = sorted(word for word, full in LONGER.items() if name(card.given) in full)
    return replace(card, given=rng.choice(words).title()) if words else card


def _day_written(card: Card, rng: random.Random) -> Card:
    if not card.birthday:
        return card
    year, month, day = card.birthday.split("-")
    if int(day) <= 12 and rng.random() < 0.5:
        return replace(card, birthday=f"{year}-{day}-{month}")
    return replace(card, birthday=_moved(card.birthday, rng.choice((-365, 365, 1, -1, 10, 3_652))))


def _moved_house(card: Card, rng: random.Random) -> Card:
    return replace(
        card, street=f"{rng.randrange(1, 200)} Neue Gasse", postcode=str(rng.randrange(10_000, 99_999)), city="Ort"
    )


def _phone_written(card: Card, rng: random.Random) -> Card:
    code = {"FR": "33", "DE": "49", "GB": "44"}[card.country]
    digits = card.phone[1:]
    forms = (
        f"+{code} {digits[:3]} {digits[3:]}",
        f"00{code}{digits}",
        f"+{code} (0) {digits}",
        _typed(card.phone, rng),
    )
    return replace(card, phone=rng.choice(forms)) if card.phone else card


def _mail_written(card: Card, rng: random.Random) -> Card:
    local, at, domain = card.email.partition("@")
    forms = [f"{local.upper()}@{domain}", _typed(local, rng) + at + domain, f"{local}@free.fr"]
    if domain in {"gmail.com", "outlook.com"}:
        forms.append(f"{local}+boutique@{domain}")
    return replace(card, email=rng.choice(forms)) if card.email else card


SPOILERS: Final[dict[Callable[[Card, random.Random], Card], float]] = {
    _short: 0.2,
    lambda c, rng: replace(c, given=_typed(c.given, rng)): 0.12,
    lambda c, rng: replace(c, family=_typed(c.family, rng)): 0.15,
    lambda c, _: replace(c, given=c.family, family=c.given): 0.03,
    lambda c, _: replace(c, family=c.family.upper()): 0.1,
    lambda c, _: replace(c, given=c.given[0]): 0.05,
    _day_written: 0.1,
    lambda c, _: replace(c, birthday=""): 0.25,
    _phone_written: 0.4,
    lambda c, rng: replace(c, phone=_number(c.country, rng)): 0.1,
    lambda c, _: replace(c, phone=""): 0.2,
    _mail_written: 0.3,
    lambda c, _: replace(c, email=""): 0.3,
    lambda c, rng: replace(c, street=_typed(c.street, rng)): 0.15,
    lambda c, _: replace(c, street="", postcode="", city=""): 0.25,
    _moved_house: 0.08,
}
"""What is done to a card that is written again, and how often."""


def _spoilt(card: Card, rng: random.Random) -> Card:
    """Written again, until it still holds what a clerk would know somebody by: a birthday, mailbox, telephone or
    address beside a name. Of a card with nothing but a common name nobody can say whose it is."""
    while True:
        again = card
        for spoil, share in SPOILERS.items():
            if rng.random() < share:
                again = spoil(again, rng)
        same = [
            field
            for field in ("birthday", "phone", "email", "street")
            if getattr(card, field)
            and getattr(again, field)
            and not (field == "phone" and again.phone[-4:] != card.phone[-4:])
        ]
        if any(field != "street" or again.street.split()[-1:] == card.street.split()[-1:] for field in same):
            return again


def _shuffled(cards: list[Card], owner: list[int], rng: random.Random) -> Written:
    order = list(range(len(cards)))
    rng.shuffle(order)
    return [cards[at] for at in order], [owner[at] for at in order]


def duped(people: int, seed: int, locale: str, difficulty: str = "light") -> Written:
    """DupeHell's people of one language and how it spoils them. Its canaries, cards of nobody, are left out."""
    import dupehell  # noqa: PLC0415  only those who measure have it

    with tempfile.TemporaryDirectory(prefix="vitrine-clients-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = dupehell.generate(
            "kyc",
            people,
            seed=seed,
            locale=locale,
            difficulty=difficulty,
            only_entity="natural_person",
            output_dir=folder,
        )
        rows = (
            duckdb.connect()
            .execute(
                "select d.record_id, given_name, family_name, birth_date, email_address, mobile_phone, "
                "residential_address_line1, residential_postal_code, residential_city, d.master_id "
                f"from '{made.dataset}' d join '{made.ground_truth}' g using (record_id) "
                "where match_type <> 'canary' order by d.record_id"
            )
            .fetchall()
        )
    cards = [
        Card(row[0], row[1] or "", row[2] or "", _iso(row[3] or ""), row[4] or "", row[5] or "", row[6] or "",
             row[7] or "", row[8] or "", "US")
        for row in rows
    ]  # fmt: skip
    people_of = {master: at for at, master in enumerate(sorted({row[9] for row in rows}))}
    return cards, [people_of[row[9]] for row in rows]


def _iso(text: str) -> str:
    """Its dates come in three orders; where the year stands last, the rest is read day first."""
    parts = text.split("-")
    return "-".join(reversed(parts)) if len(parts) == 3 and len(parts[2]) == 4 else text


def truth(owner: list[int]) -> set[tuple[int, int]]:
    """Pairs of rows that are one person, the lower row first."""
    rows = defaultdict(list)
    for row, person in enumerate(owner):
        rows[person].append(row)
    return {pair for same in rows.values() for pair in combinations(same, 2)}


def judged(written: Written, at_least: float = REVIEW_BITS, found: Pairs | None = None) -> dict[str, float]:
    """Precision, recall and F1 of the pairs shown; F1 of the pairs within the groups; and of all true pairs, the share
    that was compared at all."""
    cards, owner = written
    real = truth(owner)
    found = found or pairs(cards, at_least=at_least)
    told = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    looked = blocked(columns(cards))
    codes = np.fromiter((one * len(cards) + other for one, other in real), np.int64, len(real))
    compared = np.isin(codes, looked.left * len(cards) + looked.right).mean()
    groups = clusters(cards, found).groups
    row = {card.id: at for at, card in enumerate(cards)}
    grouped = {pair for group in groups for pair in combinations(sorted(row[one] for one in group.people), 2)}
    hit, hit_grouped = len(told & real), len(grouped & real)
    precision, recall = hit / max(len(told), 1), hit / max(len(real), 1)
    return {
        "precision": precision, "recall": recall, "f1": 2 * precision * recall / max(precision + recall, 1e-9),
        "groups_f1": 2 * hit_grouped / max(len(grouped) + len(real), 1),
        "blocking_recall": float(compared), "compared": len(looked.left), "pairs": len(real),
    }  # fmt: skip


def main() -> None:
    for seed in LEARNING:
        sources = {"faker": faked(4_000, seed)} | {
            f"dupehell {of}": duped(4_000, seed, of, "light") for of in ("en", "fr", "de")
        }
        for source, written in sources.items():
            print(source, seed, len(written[0]))
            for at_least in (0.0, 2.0, 4.0, 6.0, 8.0):
                print(f"  {at_least:4}", *(f"{k} {v:.4f}" for k, v in judged(written, at_least).items()))


if __name__ == "__main__":
    main()
