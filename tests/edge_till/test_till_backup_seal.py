"""A sealed file: read by one key, whole or not at all, whatever happens to it on its way."""

import io

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.backup import keys, sealed
from edge.backup.errors import BackupError
from edge.backup.sealed import CHUNK_BYTES, TAG_BYTES, Opener, Sealer

OWNER = X25519PrivateKey.from_private_bytes(bytes(range(32)))
HEAD = len(sealed.MAGIC) + keys.ID_BYTES + keys.KEY_BYTES
WHOLE = CHUNK_BYTES + TAG_BYTES


def seal(data, at_once=1000):
    out = io.BytesIO()
    sealer = Sealer(out, OWNER.public_key(), b"\7" * 32)
    for at in range(0, len(data), at_once):
        sealer.write(data[at : at + at_once])
    sealer.close()
    return out.getvalue()


def unseal(file, size=50_000, key=OWNER):
    opener, data = Opener(io.BytesIO(file), key), b""
    while piece := opener.read(size):
        data += piece
    return data


def data_of(size):
    return (bytes(range(251)) * (size // 251 + 1))[:size]


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 200_007])
@pytest.mark.parametrize("step", [7_777, CHUNK_BYTES])
def test_what_was_sealed_is_read_again(size, step):
    assert unseal(seal(data_of(size), step), step) == data_of(size)


def test_every_changed_byte_is_seen():
    file = seal(b"three rings and a brooch")
    for at in range(len(file)):
        damaged = bytearray(file)
        damaged[at] ^= 1
        with pytest.raises(BackupError):
            unseal(bytes(damaged))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, HEAD + 3 * WHOLE + 99))
def test_a_file_cut_anywhere_is_seen(length):
    file = seal(data_of(3 * CHUNK_BYTES + 99 - TAG_BYTES))
    assert len(file) == HEAD + 3 * WHOLE + 99
    if length == len(file):
        return
    with pytest.raises(BackupError):
        unseal(file[:length])


def test_a_file_cut_between_two_chunks_is_told_as_cut():
    with pytest.raises(BackupError, match="ends too early"):
        unseal(seal(data_of(3 * CHUNK_BYTES))[: HEAD + 2 * WHOLE])


def test_control_if_the_last_chunk_were_like_any_other_a_cut_file_would_be_read(monkeypatch):
    monkeypatch.setattr(sealed, "_nonce", lambda number, *, last: number.to_bytes(12))
    assert unseal(seal(data_of(3 * CHUNK_BYTES))[: HEAD + 2 * WHOLE]) == data_of(2 * CHUNK_BYTES)


def swapped():
    file = seal(data_of(4 * CHUNK_BYTES))
    first, second = file[HEAD : HEAD + WHOLE], file[HEAD + WHOLE : HEAD + 2 * WHOLE]
    return file[:HEAD] + second + first + file[HEAD + 2 * WHOLE :]


def test_chunks_in_another_order_are_seen():
    with pytest.raises(BackupError, match="damaged"):
        unseal(swapped())


def test_control_if_chunks_had_no_numbers_another_order_would_be_read(monkeypatch):
    monkeypatch.setattr(sealed, "_nonce", lambda number, *, last: bytes(11) + bytes((last,)))
    assert len(unseal(swapped())) == 4 * CHUNK_BYTES


def test_a_file_that_goes_on_behind_its_end_is_seen():
    with pytest.raises(BackupError):
        unseal(seal(b"a ring") + b"more")


def test_another_owner_s_key_is_told_from_damage():
    with pytest.raises(BackupError, match="sealed for another owner's key"):
        unseal(seal(b"a ring"), key=X25519PrivateKey.from_private_bytes(bytes(32)))


@pytest.mark.parametrize(
    ("file", "why"),
    [(b"", "no backup"), (b"PK\3\4", "no backup"), (b"vitrine-backup-2\n" + bytes(99), "newer program")],
)
def test_what_is_no_backup_of_ours_is_named(file, why):
    with pytest.raises(BackupError, match=why):
        unseal(file)


def test_two_backups_of_the_same_books_have_nothing_in_common():
    out = io.BytesIO()
    sealer = Sealer(out, OWNER.public_key(), b"\10" * 32)
    sealer.write(b"three rings")
    sealer.close()
    assert out.getvalue()[HEAD - keys.KEY_BYTES :] != seal(b"three rings")[HEAD - keys.KEY_BYTES :]


# --- the owner's key ----------------------------------------------------------------------------------------


def test_a_key_is_written_once_and_read_again(tmp_path):
    path = tmp_path / "owner.key"
    words = keys.new_key(path, bytes(range(32)))
    assert path.stat().st_mode & 0o077 == 0
    assert keys.id_of(keys.sealing_key(words)) == keys.id_of(keys.read_key(path).public_key())
    with pytest.raises(BackupError, match="is not replaced"):
        keys.new_key(path, bytes(32))
    assert keys.read_key(path).private_bytes_raw() == bytes(range(32))


def test_a_slip_of_the_pen_in_the_words_seals_nothing(tmp_path):
    words = keys.new_key(tmp_path / "owner.key", bytes(range(32)))
    for at in range(len("vb1-"), len(words)):
        slip = words[:at] + ("0" if words[at] != "0" else "1") + words[at + 1 :]
        with pytest.raises(BackupError, match="not the words"):
            keys.sealing_key(slip)
    with pytest.raises(BackupError):
        keys.sealing_key(words[:-1])


def test_the_words_are_no_key_and_a_missing_key_is_named(tmp_path):
    words = keys.new_key(tmp_path / "owner.key", bytes(range(32)))
    (tmp_path / "words").write_text(words)
    with pytest.raises(BackupError, match="no owner's key"):
        keys.read_key(tmp_path / "words")
    with pytest.raises(BackupError, match="cannot be read"):
        keys.read_key(tmp_path / "nothing")
