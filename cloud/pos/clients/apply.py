"""What stores say of clients: sealed words wait as they came (`absorbing`), consents and looks are kept at once."""

from typing import Final

from cloud import aliases
from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import client_consent, client_heard, client_look
from cloud.work import Heard, UnappliableError
from contract.facts import ClientConsented, ClientLooked, ClientTold, Fact
from trade.consent import Channel, Proof
from web.sealed import SealBrokenError, from_text

WAITING: Final = "waiting"


def told(tokens: Custody, heard: Heard, fact: ClientTold) -> None:
    try:
        sealed = from_text(fact.nonce) + from_text(fact.bytes)
    except SealBrokenError as error:
        raise UnappliableError(f"what was written of a client cannot be read: {error}") from error
    row = {
        "store": heard.store, "epoch": heard.epoch, "seq": heard.seq, "person": fact.person, "key_id": fact.key_id,
        "sealed": sealed, "by": heard.by, "at_us": heard.at_us, "state": WAITING,
    }  # fmt: skip
    n = 0
    while not tokens.work.tx.add_new(client_heard, {**row, "n": n}):  # several of one entry
        n += 1


def consented(tokens: Custody, heard: Heard, fact: ClientConsented) -> None:
    try:
        channel, proof = Channel(fact.channel), Proof(fact.proof)
    except ValueError as error:
        raise UnappliableError("a store heard a consent in words that this office does not know yet") from error
    row = {
        "person": fact.person, "channel": channel, "given": int(fact.given), "said_us": fact.said_us,
        "at_us": heard.at_us, "by": heard.by, "proof": proof, "text_version": fact.text_version, "store": heard.store,
    }  # fmt: skip
    tx = tokens.work.tx
    tx.add(client_consent, row)
    aliases.touch(tx, fact.person, now_us=tokens.work.now_us)


def looked(tokens: Custody, heard: Heard, fact: ClientLooked) -> None:
    row = {"person": fact.person, "at_us": heard.at_us, "by": heard.by, "how": fact.how, "found": fact.found}
    tokens.work.tx.add(client_look, row)


APPLY: Final[dict[type[Fact], Applier]] = {ClientTold: told, ClientConsented: consented, ClientLooked: looked}
