"""An access to a tag over LLRP, told by hand and by clock: answers, refusals, silence, reports that overtake answers."""

import struct
from pathlib import Path

import msgspec
import pytest
from llrpkit.protocol import decode_message

from contract.facts import ReaderLink
from contract.ids import ReaderId
from edge.config import ZoneKind
from edge.readers.access import Bank, Lock, Lockable, LockState, ReadMemory, Target, WriteMemory, read_tid, write_epc
from edge.readers.base import MisconfiguredError, ProtocolError, TagError, TagLockedError, UnreachableError
from edge.readers.health import Health
from edge.readers.llrp.access import TABLE, UNDER_WAY, AccessHeard, AccessSay, AccessState, End, diagram, step
from edge.readers.llrp.accesses import ACCESSES_PENDING_MAX, ANSWER_WITHIN_US, TAG_WITHIN_US
from edge.readers.llrp.accessspecs import add_accessspec, get_accessspecs
from edge.readers.llrp.connection import State
from edge.readers.llrp.dialogue import Dialogue
from edge.readers.llrp.timing import Timing
from edge.readers.profiles import load_profile

DOC = Path(__file__).resolve().parents[2] / "docs" / "llrp-access.md"
SECOND = 1_000_000
EPC = bytes.fromhex("3034257bf7194e4000000001")
TAG = Target(Bank.EPC, EPC)
TID = bytes.fromhex("e28011052000500000000001")
ADD, DELETE, ENABLE, DISABLE = 40, 41, 42, 43
ADD_ROSPEC = 20


class TagReader:
    """A reader played by hand: answers what is said to it; does an access when the test lets it."""

    def __init__(self, llrp, *, refuses=(), errors=(), deaf=()):
        self.llrp, self.refuses, self.errors, self.deaf = llrp, set(refuses), set(errors), set(deaf)
        self.heard = []
        self.specs = {}

    def greet(self):
        data = self.llrp.tlv(128, bytes(8)) + self.llrp.tlv(256, bytes(2))
        return self.llrp.message(63, self.llrp.tlv(246, data))

    def answer(self, data):
        said = b""
        while data:
            word, length, number = struct.unpack_from("!HII", data)
            kind, body, data = word & 0x3FF, data[10:length], data[length:]
            self.heard.append(kind)
            if kind in self.deaf or kind in {64, 72}:
                continue
            status = self.llrp.tlv(287, struct.pack("!HH", 0, 0))
            if kind in self.errors or kind in self.refuses or (kind, body) in self.refuses:
                status = self.llrp.tlv(287, struct.pack("!HH", 101, 6) + b"not so")
            elif kind == ADD:
                self.specs[struct.unpack_from("!I", body, 4)[0]] = body
            elif kind == DELETE:
                self.specs.clear()
            answers = 100 if kind in self.errors else kind + 10
            said += self.llrp.message(answers, status, number)
        return said

    @property
    def op_spec_id(self):
        """Of the AccessSpec it holds: the operation stands behind the tag spec."""
        (body,) = self.specs.values()
        sent = decode_message(self.llrp.message(ADD, body))
        return sent.access_spec.access_command.access_command_op_specs[0].op_spec_id

    def report(self, result=b"", epc=EPC):
        tags = self.llrp.tlv(240, b"\x8d" + epc + self.llrp.tv(9, 1) + self.llrp.tv(1, 1) + result)
        return self.llrp.message(61, tags)

    def read_result(self, data=TID, code=0, op=None, epc=EPC):
        body = struct.pack("!BHH", code, self.op_spec_id if op is None else op, len(data) // 2) + data
        return self.report(self.llrp.tlv(349, body), epc)

    def write_result(self, words, code=0):
        return self.report(self.llrp.tlv(350, struct.pack("!BHH", code, self.op_spec_id, words)))

    def lock_result(self, code=0):
        return self.report(self.llrp.tlv(352, struct.pack("!BH", code, self.op_spec_id)))


class Talk:
    """A dialogue that reads, its reader, and the answers told to who asked."""

    def __init__(self, llrp, profile="generic-llrp", kind=ZoneKind.PAD, places=None, **reader):
        found = load_profile(profile)
        self.now_us = SECOND
        self.reader = TagReader(llrp, **reader)
        self.dialogue = Dialogue(Health(ReaderId("r")), found, places or {1: found.place(kind)}, Timing())
        self.told = []
        self.connect()

    def connect(self):
        self.dialogue.connect(self.now_us)
        self.hear(self.reader.greet())
        self.go()

    def ask(self, access):
        asked = self.dialogue.accesses.ask(access, self.told.append)
        self.go()
        return asked

    def hear(self, data):
        return self.dialogue.hear_bytes(data, self.now_us)

    def go(self, us=0):
        """Time passes, and both say all they have to say."""
        self.now_us += us
        self.dialogue.health.last_heard_us = self.now_us
        self.dialogue.tick(self.now_us)
        while said := self.reader.answer(self.dialogue.take()):
            self.hear(said)
            self.dialogue.tick(self.now_us)


def test_the_tid_of_a_tag_is_read_and_the_tag_is_counted_as_read_meanwhile(llrp):
    talk = Talk(llrp)
    talk.ask(read_tid(TAG))
    assert talk.told == []
    (batch,) = talk.hear(talk.reader.read_result())
    assert batch.epc.tobytes() == EPC, "a tag that is accessed is there"
    assert talk.told == [TID]
    talk.go()
    assert talk.reader.heard[-3:] == [ADD, ENABLE, DELETE]
    assert talk.dialogue.accesses.state is AccessState.IDLE
    assert talk.dialogue.health.link is ReaderLink.READING


def test_a_result_of_another_tag_or_kept_from_another_connection_is_not_taken_for_ours(llrp):
    talk = Talk(llrp)
    talk.ask(read_tid(TAG))
    before = talk.reader.op_spec_id
    talk.hear(talk.reader.read_result(epc=EPC[::-1]))
    assert talk.told == []
    talk.dialogue.lose(talk.now_us, "cable")
    talk.now_us += SECOND
    talk.reader.specs.clear()
    talk.connect()
    talk.ask(read_tid(TAG))
    talk.hear(talk.reader.read_result(bytes(12), op=before))
    assert [type(told) for told in talk.told] == [UnreachableError]
    talk.hear(talk.reader.read_result())
    assert talk.told[1] == TID


def test_accesses_are_done_one_after_the_other(llrp):
    talk = Talk(llrp)
    talk.ask(write_epc(TAG, EPC))
    talk.ask(Lock(tag=TAG, password=7, locks={Lockable.EPC: LockState.LOCKED}))
    assert talk.reader.heard.count(ADD) == 1
    talk.hear(talk.reader.write_result(7))
    talk.go()
    assert talk.reader.heard.count(ADD) == 2
    talk.hear(talk.reader.lock_result())
    assert talk.told == [b"", b""]


def test_a_report_that_overtakes_the_answer_to_enable_is_the_result(llrp):
    talk = Talk(llrp, deaf={ENABLE})
    talk.ask(read_tid(TAG))
    talk.hear(talk.reader.read_result())
    assert talk.told == [TID]


def test_a_result_of_an_access_before_is_not_taken_for_this_one(llrp):
    talk = Talk(llrp)
    talk.ask(read_tid(TAG))
    first = talk.reader.op_spec_id
    talk.hear(talk.reader.read_result())
    talk.go()
    talk.ask(read_tid(TAG))
    talk.hear(talk.reader.read_result(bytes(12), op=first))
    assert talk.told == [TID]
    talk.hear(talk.reader.read_result())
    assert talk.told == [TID, TID]


def test_a_tag_that_does_not_come_is_told_only_when_it_is_certain_that_it_will_not_be_written_later(llrp):
    talk = Talk(llrp, deaf={DISABLE})
    talk.ask(write_epc(TAG, EPC))
    talk.go(TAG_WITHIN_US)
    assert talk.reader.heard[-1] == DISABLE
    assert talk.told == []
    talk.hear(talk.reader.write_result(7))
    assert talk.told == [b""], "it was written after all, before the reader heard DISABLE_ACCESSSPEC"


def test_a_tag_that_does_not_come_is_said_to_be_too_far(llrp):
    talk = Talk(llrp)
    talk.ask(read_tid(TAG))
    talk.go(TAG_WITHIN_US)
    (error,) = talk.told
    assert isinstance(error, TagError)
    assert "bring it closer" in str(error)
    assert talk.reader.heard[-2:] == [DISABLE, DELETE]


def test_in_a_session_that_lasts_a_person_is_told_to_lift_the_tag(llrp):
    places = {1: msgspec.structs.replace(load_profile("generic-llrp").place(ZoneKind.PAD), session=2)}
    talk = Talk(llrp, places=places)
    talk.ask(read_tid(TAG))
    talk.go(TAG_WITHIN_US)
    assert "lift it off and lay it down again: in session 2" in str(talk.told[0])


def test_where_the_reader_pauses_between_rounds_a_tag_gets_the_pause_as_well(llrp):
    found = load_profile("generic-llrp").place(ZoneKind.PAD)
    trigger = {"trigger": "periodic", "period_ms": 4000, "report_every_ms": 1000, "report_every_tags": 0}
    place = msgspec.convert({**msgspec.to_builtins(found), **trigger}, type(found))
    talk = Talk(llrp, places={1: place})
    talk.ask(read_tid(TAG))
    talk.go(TAG_WITHIN_US)
    assert DISABLE not in talk.reader.heard
    talk.go(4 * SECOND)
    assert isinstance(talk.told[0], TagError)


@pytest.mark.parametrize("kind", [ADD, ENABLE])
@pytest.mark.parametrize("how", ["refuses", "errors"])
def test_a_reader_that_refuses_an_access_tells_a_person_and_reads_on(llrp, kind, how):
    talk = Talk(llrp, **{how: {kind}})
    talk.ask(read_tid(TAG))
    (error,) = talk.told
    assert isinstance(error, MisconfiguredError)
    assert "not so" in str(error)
    assert talk.dialogue.state is State.READING
    assert talk.dialogue.accesses.state is AccessState.IDLE


@pytest.mark.parametrize("kind", [ADD, ENABLE, DISABLE])
def test_a_reader_that_does_not_answer_leaves_open_whether_it_was_done(llrp, kind):
    talk = Talk(llrp, deaf={kind})
    talk.ask(read_tid(TAG))
    talk.go(TAG_WITHIN_US)
    talk.go(ANSWER_WITHIN_US)
    (error,) = talk.told
    assert isinstance(error, UnreachableError)
    assert "read the tag" in str(error)
    assert talk.dialogue.state is State.READING


def test_a_connection_lost_in_the_middle_ends_the_access_and_all_that_wait(llrp):
    talk = Talk(llrp)
    talk.ask(write_epc(TAG, EPC))
    talk.ask(read_tid(TAG))
    talk.dialogue.lose(talk.now_us, "connection lost: reset")
    first, second = talk.told
    assert isinstance(first, UnreachableError)
    assert "read the tag to see whether it was done" in str(first)
    assert isinstance(second, UnreachableError)
    assert "not begun" in str(second)
    with pytest.raises(UnreachableError, match="connection lost"):
        talk.ask(read_tid(TAG))


def test_a_reader_that_reboots_in_the_middle_ends_the_access(llrp):
    talk = Talk(llrp)
    up = llrp.tlv(129, struct.pack("!Q", 9 * SECOND))
    talk.hear(llrp.message(63, llrp.tlv(246, up)))
    talk.ask(read_tid(TAG))
    talk.hear(llrp.message(63, llrp.tlv(246, llrp.tlv(129, struct.pack("!Q", SECOND)))))
    assert "rebooted" in str(talk.told[0])
    assert talk.dialogue.accesses.state is AccessState.CLOSED


def test_an_access_after_a_reconnect_begins_from_nothing(llrp):
    talk = Talk(llrp)
    talk.ask(write_epc(TAG, EPC))
    talk.dialogue.lose(talk.now_us, "lost")
    talk.reader.heard.clear()
    talk.connect()
    assert talk.reader.specs == {}
    assert talk.reader.heard.index(DELETE) < talk.reader.heard.index(ADD_ROSPEC), "gone before any tag is read"
    talk.ask(read_tid(TAG))
    talk.hear(talk.reader.read_result())
    assert talk.told[1:] == [TID]


def test_a_reader_that_refuses_to_delete_all_accessspecs_loses_only_ours(llrp):
    talk = Talk(llrp, refuses={(DELETE, struct.pack("!I", 0))})
    assert talk.reader.heard.count(DELETE) == 2
    assert talk.dialogue.state is State.READING


def test_a_reader_without_accessspecs_reads_all_the_same(llrp):
    talk = Talk(llrp, errors={DELETE})
    assert talk.dialogue.state is State.READING


def test_more_accesses_than_may_wait_are_refused_and_counted(llrp):
    talk = Talk(llrp, deaf={ADD})
    for _ in range(1 + ACCESSES_PENDING_MAX):
        talk.ask(read_tid(TAG))
    with pytest.raises(UnreachableError, match="try again"):
        talk.ask(read_tid(TAG))
    assert talk.dialogue.health.accesses_refused_total == 1


def test_an_access_nobody_waits_for_any_more_is_taken_from_the_reader(llrp):
    talk = Talk(llrp)
    under_way, waiting = talk.ask(write_epc(TAG, EPC)), talk.ask(read_tid(TAG))
    talk.dialogue.accesses.give_up(waiting)
    talk.dialogue.accesses.give_up(under_way)
    talk.go()
    assert talk.reader.heard[-2:] == [DISABLE, DELETE]
    assert talk.reader.heard.count(ADD) == 1


def test_an_access_is_bound_to_the_antenna_before_which_the_tag_lies(llrp):
    found = load_profile("generic-llrp")
    talk = Talk(llrp, places={2: found.place(ZoneKind.CASE), 4: found.place(ZoneKind.PAD)})
    talk.ask(read_tid(Target(Bank.EPC, EPC, antenna=4)))
    (body,) = talk.reader.specs.values()
    spec = decode_message(llrp.message(ADD, body)).access_spec
    assert (spec.antenna_id, spec.ro_spec_id) == (4, 1)
    with pytest.raises(MisconfiguredError, match="no antenna 3; it reads 2, 4"):
        talk.ask(read_tid(Target(Bank.EPC, EPC, antenna=3)))


@pytest.mark.parametrize(
    "access",
    [
        read_tid(Target(Bank.EPC, b"")),
        ReadMemory(tag=TAG, bank=Bank.USER, words=0),
        WriteMemory(tag=TAG, bank=Bank.USER, at=0, data=b"odd"),
        WriteMemory(tag=TAG, bank=Bank.USER, at=0, data=b""),
    ],
)
def test_what_can_be_asked_of_no_tag_never_reaches_the_reader(llrp, access):
    talk = Talk(llrp)
    with pytest.raises(MisconfiguredError):
        talk.ask(access)
    assert ADD not in talk.reader.heard


def test_a_half_written_tag_is_a_tag_error(llrp):
    talk = Talk(llrp)
    talk.ask(write_epc(TAG, EPC))
    talk.hear(talk.reader.write_result(3))
    assert isinstance(talk.told[0], TagError)
    assert "3 of 7 words" in str(talk.told[0])


def test_an_answer_of_another_kind_or_length_is_not_believed(llrp):
    talk = Talk(llrp)
    talk.ask(read_tid(TAG))
    talk.hear(talk.reader.write_result(6))
    talk.go()
    talk.ask(read_tid(TAG))
    talk.hear(talk.reader.read_result(TID[:4]))
    assert [type(error) for error in talk.told] == [ProtocolError, ProtocolError]


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind in (349, 350, 352) for code in (*range(1, 8), 99)])
def test_every_result_code_has_words_and_a_class(llrp, kind, code):
    talk = Talk(llrp)
    access, report = {
        349: (read_tid(TAG), talk.reader.read_result),
        350: (write_epc(TAG, EPC), lambda code: talk.reader.write_result(0, code)),
        352: (Lock(tag=TAG, password=1, locks={Lockable.EPC: LockState.LOCKED}), talk.reader.lock_result),
    }[kind]
    talk.ask(access)
    talk.hear(report(code=code))
    (error,) = talk.told
    others = dict.fromkeys([(349, 3), (350, 6), (352, 4)], UnreachableError)
    others |= dict.fromkeys([(349, 5), (350, 2)], TagLockedError)
    assert type(error) is others.get((kind, code), TagError)
    assert any(mend in str(error) for mend in ("try again", "lay the tag alone"))


def test_our_messages_say_to_another_decoder_what_we_mean(llrp):
    locks = {Lockable.ACCESS_PASSWORD: LockState.LOCKED_FOR_EVER, Lockable.EPC: LockState.LOCKED}
    accesses = [
        ReadMemory(tag=TAG, bank=Bank.TID, at=2, words=4, password=0xFFFF_FFFF),
        WriteMemory(tag=Target(Bank.TID, TID), bank=Bank.EPC, at=1, data=bytes(range(14))),
        Lock(tag=TAG, password=9, locks=locks),
    ]
    sent = [add_accessspec(5, access, 77) for access in accesses]
    for data in sent:
        assert decode_message(data).to_bytes(message_id=5) == data
    read, write, lock = [decode_message(data).access_spec.access_command for data in sent]
    (target,) = read.air_protocol_tag_spec.c1_g2_target_tags
    assert (target.mb, target.match, target.pointer, target.tag_data.data) == (1, True, 32, EPC)
    (op,) = read.access_command_op_specs
    assert (op.op_spec_id, op.access_password, op.mb, op.word_pointer, op.word_count) == (77, 0xFFFF_FFFF, 2, 2, 4)
    (target,) = write.air_protocol_tag_spec.c1_g2_target_tags
    assert (target.mb, target.pointer, target.tag_data.data) == (2, 0, TID)
    (op,) = lock.access_command_op_specs
    assert [(p.privilege, p.data_field) for p in op.c1_g2_lock_payloads] == [(1, 1), (0, 2)]
    assert type(decode_message(get_accessspecs(3))).__name__ == "GET_ACCESSSPECS"


def test_every_state_of_an_access_is_reached_and_ends_idle():
    for start, goal in [(AccessState.CLOSED, set(AccessState)), *((s, {AccessState.IDLE}) for s in AccessState)]:
        seen, todo = {start}, [start]
        while todo:
            state = todo.pop()
            fresh = {then for (at, _), (then, _, _) in TABLE.items() if at is state} - seen
            seen |= fresh
            todo += fresh
        assert goal <= seen


def test_an_access_under_way_ends_exactly_once():
    for (state, heard), (then, _, end) in TABLE.items():
        assert (end is not None) == (state in UNDER_WAY and then not in UNDER_WAY), (state, heard)
    for state in UNDER_WAY:
        assert step(state, AccessHeard.GONE) == (AccessState.CLOSED, AccessSay.NOTHING, End.LOST)


def test_the_diagram_in_the_docs_is_the_table():
    assert DOC.read_text(encoding="utf-8") == diagram(), "write edge.readers.llrp.access.diagram() to that file"
