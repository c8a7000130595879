"""Tags written, locked and killed on our readers by clients nobody here wrote: llrpkit and sllurp, each unpatched."""

import asyncio
import logging
import time

import pytest
from llrpkit import Reader
from sllurp.llrp import (
    C1G2Lock,
    C1G2LockPayload,
    C1G2Read,
    C1G2TargetTag,
    C1G2Write,
    LLRPReaderClient,
    LLRPReaderConfig,
)

from simulator.gen2 import Bank, Field, Lock
from simulator.llrp.server import Fault


def on_pad(outside, n):
    """So many pieces on the pad, and their tags."""
    world = outside.world
    pieces = world.where("boutique")["case-1"][:n]
    world.move(1, "move", "boutique", pieces=pieces, to="boutique/pad-1")
    return [outside.tags.tag(world.row_of[piece]) for piece in pieces]


async def until_done(work, tries=5):
    """Once more when a tag did not answer: one command in a hundred is not heard."""
    for _ in range(tries):
        if (done := await work()).status == "Success":
            return done
    return done


async def every_access(port, tag):
    """Read, write, refuse, write the EPC, kill: what llrpkit's client can do to a tag."""
    new = bytes.fromhex("3034257BF400B7800004CB2F")
    async with Reader("127.0.0.1", port) as reader:
        tid = await until_done(lambda: reader.read_memory(bank="tid", word_count=6, target_epc=tag.epc))
        assert tid.data == tag.tid
        done = await until_done(lambda: reader.write_memory(bank="user", data="CAFE", target_epc=tag.epc))
        assert done.words_written == 1
        refused = await reader.write_memory(bank="tid", data="CAFE", target_epc=tag.epc)
        assert refused.status in {"Tag_Memory_Locked_Error", "No_Response_From_Tag"}
        await until_done(lambda: reader.write_epc(new, target_epc=tag.epc))
        assert tag.epc == new
        seen = {tag.epc async for tag in reader.inventory(duration=0.5)}
        password = await until_done(
            lambda: reader.write_memory(bank="reserved", data="00000009", target_epc=new, access_password=0)
        )
        assert password.status == "Success"
        await until_done(lambda: reader.kill_tag(kill_password=9, target_epc=new))
        return seen, {tag.epc async for tag in reader.inventory(duration=0.5)}


@pytest.mark.parametrize("reader", ["pad-reader"])
def test_llrpkit_reads_writes_and_kills_a_tag_on_the_pad(reader, run):
    async def scene(outside):
        tag, other = on_pad(outside, 2)
        before, after = await every_access(outside.servers[f"boutique/{reader}"].port, tag)
        assert before == {tag.epc, other.epc}
        assert after == {other.epc}

    run(scene)


def sllurp_accesses(port, *ops, target):
    """Each operation in its turn on the tag whose EPC is `target`, again until it has succeeded; the last results."""
    logging.getLogger("sllurp").setLevel(logging.CRITICAL)
    client = LLRPReaderClient(
        "127.0.0.1", port, LLRPReaderConfig({"antennas": [1], "report_every_n_tags": 1, "tx_power": 0})
    )
    heard = []
    client.add_tag_report_callback(lambda _, tags: heard.extend(tags))
    client.connect()
    ends = time.monotonic() + 60
    while not heard and time.monotonic() < ends:  # sllurp takes no AccessSpec before it inventories
        time.sleep(0.02)
    mask = C1G2TargetTag(MB=1, Pointer=32, TagMask=b"ff" * 12, TagData=target)
    last = []
    for number, op in enumerate(ops, 1):
        name, found = f"{type(op).__name__}OpSpecResult", []
        for turn in range(5):
            del heard[:]
            client.llrp.startAccess(op, targetSpec=[mask], stopAfterCount=1, accessSpecID=10 * number + turn)
            ends = time.monotonic() + 5
            while not (found := [tag[name] for tag in list(heard) if name in tag]) and time.monotonic() < ends:
                time.sleep(0.02)
            if found and found[0]["Result"] == 0:
                break
        last.append(found[0] if found else None)
    for _ in range(5):
        client.disconnect(timeout=2)
        if not client.is_alive():
            break
    return last


def test_sllurp_reads_writes_and_locks_a_tag_on_the_pad(run):
    async def scene(outside):
        tag, _ = on_pad(outside, 2)
        port, target = outside.servers["boutique/pad-reader"].port, tag.epc.hex().encode()
        ops = [
            C1G2Read(OpSpecID=1, MB=2, WordPtr=0, WordCount=6),
            C1G2Write(OpSpecID=2, MB=3, WordPtr=1, WriteDataWordCount=1, WriteData=b"\xca\xfe"),
            C1G2Lock(OpSpecID=3, LockPayload=[C1G2LockPayload(Privilege=1, DataField=4)]),
        ]
        read, written, locked = await asyncio.to_thread(sllurp_accesses, port, *ops, target=target)
        assert (read["Result"], read["ReadData"]) == (0, tag.tid)
        assert (written["Result"], written["NumWordsWritten"]) == (0, 1)
        assert locked["Result"] == 0
        assert tag.read(Bank.USER, 0, 2, secured=True) == b"\0\0\xca\xfe"
        assert tag.locks[Field.USER] == Lock(pwd=True, permanent=True)

    run(scene)


def test_a_reader_whose_power_is_cut_while_it_writes_comes_back_to_a_half_written_tag(monkeypatch, run):
    monkeypatch.setattr("simulator.llrp.server.REBOOT_S", 0.2)

    async def scene(outside):
        (tag,) = on_pad(outside, 1)
        server, old = outside.servers["boutique/pad-reader"], tag.epc
        await server.set_fault(Fault.CUT_WRITING, words=3)
        async with Reader("127.0.0.1", server.port) as reader:
            for _ in range(5):
                with pytest.raises(Exception, match=r"lost|closed|answered"):
                    await reader.write_epc(b"\xab" * 12, target_epc=old, timeout=3)
                if tag.epc != old:
                    break
        assert tag.epc == b"\xab" * 6 + old[6:]
        async with Reader("127.0.0.1", server.port) as reader:
            assert {tag.epc async for tag in reader.inventory(duration=0.5)} == {tag.epc}

    run(scene)
