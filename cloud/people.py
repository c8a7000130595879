"""People's data is sealed: a random key for each person, wrapped under the office's key, which is in no database
(`cloud.sealing`, docs/adr/0029). Who has the database alone reads nobody; who destroys a person's key has erased them.

What the search looks at is words under a key of their own: equal words are equal, and tell nothing else.
"""

import hmac
import secrets
from typing import Final

import sqlalchemy as sa
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloud.db import Office, Tx
from cloud.sealing import KEY_BYTES, NONCE_BYTES, Chance, Sealed, SealedError, Sealing
from cloud.tables import person_key, word_key
from contract.ids import PersonId

WORD_BYTES: Final = 16
"""Of an HMAC-SHA256: among 10⁹ words two are alike by chance once in 10²⁰."""
WORDS: Final = "words of persons"
AT_ONCE: Final = 500
"""Keys wrapped anew in one transaction."""
_log = structlog.get_logger()


class PersonKey:
    """Seals and opens what is known of one person, field by field: nothing sealed here opens elsewhere."""

    def __init__(self, person: PersonId, key: bytes, chance: Chance) -> None:
        self._person, self._key, self._chance = person, AESGCM(key), chance

    def seal(self, field: str, plain: bytes) -> bytes:
        nonce = self._chance(NONCE_BYTES)
        return nonce + self._key.encrypt(nonce, plain, self._about(field))

    def open(self, field: str, sealed: bytes) -> bytes:
        """Raises `SealedError`."""
        try:
            return self._key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._about(field))
        except InvalidTag as error:
            raise SealedError("it is not what was sealed: somebody changed it in the database") from error

    def _about(self, field: str) -> bytes:
        return f"{self._person}:{field}".encode()


class WordKey:
    """Makes of a normalised word what stands in the search table."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def word(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode(), "sha256")[:WORD_BYTES]


class Keyring:
    """Keys of persons, wrapped and unwrapped; each method that opens one may raise `SealedError`."""

    def __init__(self, sealing: Sealing, chance: Chance = secrets.token_bytes) -> None:
        self._sealing = sealing
        self.chance = chance

    def new_person(self, tx: Tx, person: PersonId, *, now_us: int) -> PersonKey:
        """A key of their own for somebody new; of somebody whose papers came first, the one they have."""
        known = self.person(tx, person)
        if known is not None:
            return known
        key = self.chance(KEY_BYTES)
        sealed = self._sealing.seal(key, _about(person))
        row = {"person": person, "wrapped": sealed.body, "key_id": sealed.key_id, "made_us": now_us}
        tx.add(person_key, row)
        return PersonKey(person, key, self.chance)

    def take(self, tx: Tx, person: PersonId, key: bytes, *, now_us: int) -> bool:
        """The key of somebody who was kept at a store first; False when there is one already, which stays."""
        sealed = self._sealing.seal(key, _about(person))
        row = {"person": person, "wrapped": sealed.body, "key_id": sealed.key_id, "made_us": now_us}
        return tx.add_new(person_key, row)

    def bare(self, row: sa.RowMapping) -> bytes:
        """The key itself, to be wrapped for a box; of a row with `person`, `wrapped` and `key_id`."""
        return self._sealing.unseal(Sealed(bytes(row["wrapped"]), row["key_id"]), _about(row["person"]))

    def bare_of(self, tx: Tx, person: PersonId) -> bytes:
        """The same of a person; empty for who was erased or never there."""
        row = tx.row(sa.select(person_key).where(person_key.c.person == person))
        return b"" if row is None else self.bare(row)

    def person(self, tx: Tx, person: PersonId) -> PersonKey | None:
        """None for who was erased or never there."""
        row = tx.row(sa.select(person_key).where(person_key.c.person == person))
        return None if row is None else self.unwrap(row)

    def unwrap(self, row: sa.RowMapping) -> PersonKey:
        """Of a row with `person`, `wrapped` and `key_id`."""
        return PersonKey(PersonId(row["person"]), self.bare(row), self.chance)

    def words(self, tx: Tx) -> WordKey:
        """The key of search words. It never changes: words made under another one would not be found."""
        row = tx.row(sa.select(word_key))
        if row is None:
            return WordKey(b"")  # nobody was ever kept, so that no word is looked for either
        return WordKey(self._sealing.unseal(Sealed(bytes(row["wrapped"]), row["key_id"]), WORDS))

    def words_made(self, tx: Tx) -> WordKey:
        """The same, made where there is none yet; of two at once the first one's counts."""
        if tx.value(sa.select(word_key.c.one)) is None:
            sealed = self._sealing.seal(self.chance(KEY_BYTES), WORDS)
            tx.add_new(word_key, {"one": 1, "wrapped": sealed.body, "key_id": sealed.key_id})
        return self.words(tx)


def wrap_anew(office: Office, sealing: Sealing) -> int:
    """What an older key wrapped, under the newest: how the office's key is changed. How many there were.

    What no key of the file opens stays as it is, and is logged.
    """
    done, after, lost = 0, "", 0
    while True:
        with office.transaction() as tx:
            old = sa.select(person_key).where(person_key.c.key_id != sealing.key_id, person_key.c.person > after)
            rows = tx.rows(old.order_by(person_key.c.person).limit(AT_ONCE))
            for row in rows:
                try:
                    key = sealing.unseal(Sealed(bytes(row["wrapped"]), row["key_id"]), _about(row["person"]))
                except SealedError:
                    lost += 1
                    continue
                sealed = sealing.seal(key, _about(row["person"]))
                new = {"wrapped": sealed.body, "key_id": sealed.key_id}
                tx.run(sa.update(person_key).where(person_key.c.person == row["person"]).values(**new))
                done += 1
        if len(rows) < AT_ONCE:
            break
        after = rows[-1]["person"]
    with office.transaction() as tx:
        one = tx.row(sa.select(word_key).where(word_key.c.key_id != sealing.key_id))
        if one is not None:
            try:
                sealed = sealing.seal(sealing.unseal(Sealed(bytes(one["wrapped"]), one["key_id"]), WORDS), WORDS)
                tx.run(sa.update(word_key).values(wrapped=sealed.body, key_id=sealed.key_id))
            except SealedError:
                lost += 1
    if lost:
        _log.error("clients_sealed_under_a_lost_key", keys=lost, then="put the key file back, from its backup")
    return done


def _about(person: str) -> str:
    return f"key of person {person}"
