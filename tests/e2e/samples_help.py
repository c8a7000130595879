"""Help, cards to print, and the ways in: the house's certificate, a page of the office."""

from web.first_steps import Step
from web.glossary import TERMS
from web.quick_cards import CARDS

STEPS = (
    Step("Reach the office", "Enrol this box with a token from the store's page at the office.", True),
    Step("See every reader read", "Each reader's page says what it waits for.", False, "/readers"),
)


def pages(common, ring):
    words = sorted(TERMS.items(), key=lambda each: str(each[1].word).casefold())
    return {
        "help": ("web/help.html", {"terms": words, "cards": CARDS, "steps": ()}),
        "help-first": ("web/help.html", {"terms": words, "cards": CARDS, "steps": STEPS}),
        **{f"quick-card-{key}": ("web/quick_card.html", {"card": card}) for key, card in CARDS.items()},
        "me": ("web/me.html", {}),
        "trust": ("edge/trust.html", {"fingerprint": " ".join(["9B82"] * 16), "names": ("flagship.local",)}),
        "to-office": ("edge/to_office.html", {"to": "#main"}),
    }
