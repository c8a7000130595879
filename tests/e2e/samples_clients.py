"""Samples of the register's pages of clients: from the office, from the box, nobody found, somebody new, a profile."""

import runpy
from pathlib import Path

from contract.clients import (
    ClientBought,
    ClientCard,
    ClientConsent,
    ClientLike,
    ClientNote,
    ClientSize,
    ClientStanding,
    ClientWish,
)
from edge.api.client_desk import Shown
from edge.api.clients.bodies import FINGERS, SOURCES, ClientForm
from trade.consent import Channel, Proof
from trade.ring_sizes import NAMES

NOON_US = 1_794_830_400_000_000
EVA = ClientCard(
    person="01990000-0000-7000-8000-000000000001", salutation="Mme", given_name="Élodie", family_name="Exemple",
    also_called="Élodie Modèle", phones=("+33199001234",), emails=("elodie.exemple.with.a.long.name@example.com",),
    language="fr",
    sizes=(ClientSize(finger="left_ring", circumference_um=54_400, source="measured", day="2026-11-22"),),
    likes=(ClientLike(about="stone", text="Sapphires, never opals"), ClientLike(about="metal", text="Platinum")),
    notes=(ClientNote(text="Comes with a dog; offer water.", by="ana", at_us=NOON_US - 86_400_000_000),),
    wishes=(ClientWish(text="An Art déco brooch"), ClientWish(text="The Riviera bracelet", piece="P0000007")),
    consents=(
        ClientConsent(channel="email", given=True, said_us=NOON_US), ClientConsent(channel="sms", given=False, said_us=NOON_US),
    ),
    bought=(ClientBought(day="2026-05-02", what="Solitaire ring, 0.71 ct", piece="P0000001"),),
    standing=ClientStanding(tier="Gold", since="2026-05-02", perks="Cleaning for life, evenings by invitation"),
)  # fmt: skip
MAX = ClientCard(person="01990000-0000-7000-8000-000000000002", given_name="Max", family_name="Muster")


def pages(common, ring):
    del ring
    find = {"store": common["store"], "kept": True, "may_keep": True, "query": "exem"}
    office, box = Shown([EVA, MAX], more=True, office=True), Shown([EVA], more=False, office=False, heard_us=NOON_US)
    nobody = Shown([], more=False, office=False, heard_us=NOON_US)
    register = runpy.run_path(str(Path(__file__).with_name("samples_register.py")))
    served, quiet = register["SERVED"], register["QUIET"]
    one = {
        "store": common["store"], "shown": box, "card": EVA, "about": served, "notes": EVA.notes, "language": "Français",
        "people": common["people"], "may_keep": True, "may_order": True, "served": False, "may_sell": True,
        "systems": NAMES, "fingers": FINGERS, "sources": SOURCES, "channels": list(Channel), "proofs": list(Proof),
        "today": "2026-11-22",
    }  # fmt: skip
    empty = {**one, "shown": office, "card": MAX, "about": quiet, "notes": (), "served": True}
    new = {"store": common["store"], "given": ClientForm(given_name="Élodie"), "problem": "", "alike": ()}
    return {
        "clients": ("edge/clients.html", {**find, "shown": office}),
        "clients-box": ("edge/clients.html", {**find, "shown": box}),
        "clients-nobody": ("edge/clients.html", {**find, "shown": nobody}),
        "clients-start": ("edge/clients.html", {**find, "shown": None, "query": ""}),
        "clients-none": ("edge/clients.html", {**find, "shown": None, "kept": False}),
        "client": ("edge/client.html", one),
        "client-new": ("edge/client_new.html", new),
        "client-alike": ("edge/client_new.html", {**new, "alike": (EVA, MAX)}),
        "client-wrong": ("edge/client_new.html", {**new, "problem": "write a phone number with its country"}),
        "client-served": ("edge/client.html", empty),
    }
