"""Names for people who do not exist, in three languages; numbers that no one is ever given, mailboxes of no one.

Family names are put together from syllables, so that nobody real is meant. Numbers are of the ranges kept free for
films: ARCEP's 01 99 00, the Bundesnetzagentur's 030 23125, Ofcom's 020 7946 0.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np


@dataclass(frozen=True, slots=True)
class Locale:
    """`phone`: a pattern with the place of the last digits."""

    language: str
    women: tuple[str, ...]
    men: tuple[str, ...]
    begins: tuple[str, ...]
    ends: tuple[str, ...]
    salutations: tuple[str, str]
    phone: str
    digits: int
    streets: tuple[str, ...]
    city: str


LOCALES: Final = (
    Locale(
        "fr",
        ("Aurélie", "Capucine", "Delphine", "Éloïse", "Florence", "Héloïse", "Jeanne", "Maëlle", "Solène", "Violaine"),
        ("Aurélien", "Bastien", "Côme", "Étienne", "Gaspard", "Loïc", "Maxence", "Octave", "Rémi", "Tanguy"),
        ("Beau", "Clair", "Fleur", "Haut", "Mar", "Mont", "Roche", "Saint", "Val", "Ver"),
        ("bréval", "champ", "court", "lieu", "mesnil", "noval", "ronde", "sault", "vigne", "vilar"),
        ("Mme", "M."), "+3319900{}", 4, ("rue du Puits-Sec", "allée des Tilleuls", "quai aux Foins"), "69002 Lyon",
    ),
    Locale(
        "de",
        ("Annegret", "Friederike", "Gesine", "Hedwig", "Ilka", "Karoline", "Mareike", "Ottilie", "Rieke", "Swantje"),
        ("Albrecht", "Detlev", "Eike", "Falko", "Henning", "Joachim", "Konstantin", "Lorenz", "Ruprecht", "Thilo"),
        ("Ahren", "Brunn", "Dorn", "Ester", "Falken", "Hollen", "Linden", "Ober", "Silber", "Wacker"),
        ("beck", "dahl", "feldner", "gassner", "horster", "kamper", "leitner", "moser", "rieder", "stätter"),
        ("Frau", "Herr"), "+493023125{}", 3, ("Am Alten Wehr", "Lindenzeile", "Kornmarkt"), "10999 Berlin",
    ),
    Locale(
        "en",
        ("Ara", "Beatrix", "Cordelia", "Felicity", "Harriet", "Imogen", "Marigold", "Ottoline", "Rosalind", "Tansy"),
        ("Alastair", "Barnaby", "Crispin", "Dorian", "Fergus", "Hamish", "Jolyon", "Montague", "Rupert", "Tristan"),
        ("Ash", "Black", "Cold", "Fair", "Green", "Hather", "Long", "Mill", "Stone", "Winter"),
        ("borough", "combe", "field", "grove", "hurst", "leigh", "mere", "stow", "thorpe", "wick"),
        ("Ms", "Mr"), "+4420794601{}", 2, ("Mill Row", "Orchard Lane", "Canal Walk"), "London W9",
    ),
)  # fmt: skip
SHARES: Final = (0.62, 0.2, 0.18)


@dataclass(frozen=True, slots=True)
class Named:
    """Fields of a profile."""

    salutation: str
    given_name: str
    family_name: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    address: str
    language: str


def invent(rng: np.random.Generator, number: int) -> Named:
    """Somebody; `number` keeps mailboxes apart."""
    of = LOCALES[int(rng.choice(len(LOCALES), p=SHARES))]
    woman = bool(rng.random() < 0.58)
    given = str(rng.choice(of.women if woman else of.men))
    family = str(rng.choice(of.begins)) + str(rng.choice(of.ends))
    plain = family.lower().translate(str.maketrans("éäöü", "eaou"))
    phone = of.phone.format(str(number % 10**of.digits).zfill(of.digits))
    street = f"{rng.integers(1, 90)} {rng.choice(of.streets)}\n{of.city}"
    return Named(
        salutation=of.salutations[0 if woman else 1], given_name=given, family_name=family,
        emails=(f"{plain}.{number}@example.com",) if rng.random() < 0.85 else (),
        phones=(phone,) if rng.random() < 0.8 else (f"+3319901{number % 10_000:04d}",),
        address=street if rng.random() < 0.4 else "", language=of.language,
    )  # fmt: skip
