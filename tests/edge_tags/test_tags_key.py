"""The store's tag key and the passwords it gives."""

import os

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from edge.tags import key as tag_key
from edge.tags.key import KeyFileError, access_password, keep_key, open_key, read_key

TID = bytes.fromhex("E28011606000020912345678")


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    made = open_key(tmp_path)
    path = tmp_path / tag_key.FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert open_key(tmp_path) == made
    assert [each.name for each in tmp_path.iterdir()] == [tag_key.FILE]


def test_two_stores_have_two_keys(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert open_key(tmp_path / "a") != open_key(tmp_path / "b")


def test_each_tag_has_a_password_of_its_own_that_is_always_the_same(make):
    first = access_password(make.key, TID)
    assert first == access_password(make.key, TID)
    assert first != access_password(make.key, TID[:-1] + b"\0")
    assert first != access_password(bytes(32), TID)


def test_the_password_is_hkdf_of_key_and_tid_so_that_another_program_can_find_it(make):
    made = HKDF(algorithm=SHA256(), length=16, salt=None, info=b"vitrine/tag/access-password/1/" + TID).derive(make.key)
    assert access_password(make.key, TID) == int.from_bytes(made[:4])


def test_a_password_of_zero_would_be_none_and_is_passed_over(monkeypatch, make):
    class Zeros:
        def __init__(self, **_):
            pass

        def derive(self, _):
            return bytes(4) + b"\0\0\0\x07" + bytes(8)

    monkeypatch.setattr(tag_key, "HKDF", Zeros)
    assert access_password(make.key, TID) == 7


def test_a_key_that_others_may_read_is_not_used(tmp_path):
    open_key(tmp_path)
    (tmp_path / tag_key.FILE).chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_key(tmp_path)


def test_a_damaged_key_is_not_replaced_by_a_new_one(tmp_path):
    open_key(tmp_path)
    (tmp_path / tag_key.FILE).write_text("half a ke")
    with pytest.raises(KeyFileError, match="put the copy you kept"):
        open_key(tmp_path)


def test_a_copy_is_put_back_only_where_there_is_no_key(tmp_path, make):
    keep_key(tmp_path, make.key)
    assert read_key(tmp_path) == make.key
    with pytest.raises(KeyFileError, match="not replaced"):
        keep_key(tmp_path, bytes(32))
    assert read_key(tmp_path) == make.key


def test_a_key_of_another_length_is_no_key(tmp_path):
    with pytest.raises(KeyFileError, match="64 hex digits"):
        keep_key(tmp_path, b"short")


def test_a_box_that_died_while_it_made_its_key_makes_one_afterwards(tmp_path):
    """In a container every process has the same number."""
    beside = tmp_path / f"tag.{os.getpid()}"
    beside.write_text("half a ke")
    assert open_key(tmp_path) == read_key(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == [tag_key.FILE]


def test_a_folder_that_takes_no_key_is_said(tmp_path):
    with pytest.raises(KeyFileError, match="see to that folder"):
        open_key(tmp_path / "not there")
