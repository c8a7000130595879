"""The box's key and certificate: one pair at every moment, whatever a power cut leaves, and asked for in time."""

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from contract.enrolment import SECRET_BYTES, EnrolmentError, Token, kept_as, read_token
from contract.ids import StoreId
from edge.sync import papers
from vitrine.authority import LEAF_LIVES, Authority

NOW = dt.datetime(2026, 5, 4, 9, tzinfo=dt.UTC)
PARIS = StoreId("paris")


class CutError(Exception):
    """The power goes."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority.open(tmp_path_factory.mktemp("house"), NOW)


def made(authority, folder: Path, at: dt.datetime = NOW) -> tuple[Path, Path]:
    cert, key = folder / "paris.pem", folder / "paris.key"
    asking = papers.ask(PARIS)
    papers.keep(cert, key, cert_pem=authority.sign(asking.csr.encode(), PARIS, at), key_pem=asking.key)
    return cert, key


def is_pair(cert: Path, key: Path) -> bool:
    return papers._pair(cert.read_bytes(), key.read_bytes())


def test_a_box_asks_again_once_two_thirds_of_the_life_are_over(authority, tmp_path):
    cert, _ = made(authority, tmp_path)
    assert not papers.due(cert, NOW + LEAF_LIVES * 0.65)
    assert papers.due(cert, NOW + LEAF_LIVES * 0.68)
    assert papers.life_left(cert, NOW + LEAF_LIVES * 1.1) < 0


@pytest.mark.parametrize("step", range(12))
def test_whatever_a_power_cut_leaves_is_mended_to_a_pair(authority, tmp_path, monkeypatch, step):
    """The n-th thing done to the disk is the first that does not happen; both pairs are seen over the steps."""
    cert, key = made(authority, tmp_path)
    before = cert.read_bytes()
    done = []

    def cut_at(what):
        def doing(*asked, **named):
            done.append(what)
            if len(done) > step:
                raise CutError
            return what(*asked, **named)

        return doing

    with monkeypatch.context() as disk:
        for name in ("_write", "_sync_folder"):
            disk.setattr(papers, name, cut_at(getattr(papers, name)))
        disk.setattr(Path, "replace", cut_at(Path.replace))
        try:
            made(authority, tmp_path)
        except CutError:
            pass
        else:
            assert len(done) <= step, "the control: with enough steps nothing is cut"
    papers.mend(cert, key)
    assert is_pair(cert, key)
    assert not list(tmp_path.glob("*.new"))
    if step == 0:
        assert cert.read_bytes() == before
    if len(done) <= step:
        assert cert.read_bytes() != before


def test_without_the_mending_a_cut_between_the_two_leaves_no_pair(authority, tmp_path, monkeypatch):
    cert, key = made(authority, tmp_path)
    real, moved = Path.replace, []

    def one_only(path, target):
        if moved:
            raise CutError
        moved.append(path)
        return real(path, target)

    with monkeypatch.context() as disk:
        disk.setattr(Path, "replace", one_only)
        with pytest.raises(CutError):
            made(authority, tmp_path)
    assert not is_pair(cert, key)
    papers.mend(cert, key)
    assert is_pair(cert, key)


def test_a_certificate_for_another_key_changes_nothing(authority, tmp_path):
    cert, key = made(authority, tmp_path)
    before = cert.read_bytes(), key.read_bytes()
    foreign = authority.sign(papers.ask(PARIS).csr.encode(), PARIS, NOW)
    with pytest.raises(papers.PapersError, match="ask again"):
        papers.keep(cert, key, cert_pem=foreign, key_pem=papers.ask(PARIS).key)
    assert (cert.read_bytes(), key.read_bytes()) == before


def test_the_key_is_readable_by_its_owner_alone(authority, tmp_path):
    _, key = made(authority, tmp_path)
    assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["milan", "cloud"])
def test_a_request_for_another_name_is_not_signed(authority, name):
    with pytest.raises(EnrolmentError, match="another name"):
        authority.sign(papers.ask(PARIS).csr.encode(), name, NOW)


def test_a_request_that_was_altered_is_not_signed(authority):
    csr = x509.load_pem_x509_csr(papers.ask(PARIS).csr.encode())
    assert csr.is_signature_valid
    with pytest.raises(EnrolmentError):
        authority.sign(b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", PARIS, NOW)


def test_what_was_signed_can_be_taken_back_by_name(tmp_path):
    authority = Authority.open(tmp_path, NOW)
    for store in (PARIS, PARIS, StoreId("milan")):
        authority.sign(papers.ask(store).csr.encode(), store, NOW)
    assert authority.revoke_name("paris", NOW) == 2
    assert authority.revoke_name("paris", NOW) == 0, "they were taken back already"
    assert authority.revoke_name("milan", NOW + 2 * LEAF_LIVES) == 0, "it ended by itself"


@given(st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES), st.binary(min_size=32, max_size=32))
def test_a_token_is_read_as_it_was_written_and_any_cut_is_refused(secret, house):
    token = Token(PARIS, secret, house)
    assert read_token(f" {token}\n") == token
    assert secret.hex() not in kept_as(secret)
    for cut in (str(token)[:-1], str(token)[1:], str(token).replace(".", "", 1), ""):
        if cut == str(token)[1:]:  # "aris" is a store's name too, but none that the office gave this token to
            continue
        with pytest.raises(EnrolmentError):
            read_token(cut)
