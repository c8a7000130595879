import asyncio
import re

import httpx
import pytest

from simulator.app import Outside, plan
from simulator.llrp.server import Fault
from simulator.world import Away


def run(scene, **more):
    async def play():
        outside = Outside(plan(("boutique", "stockroom"), 11, pieces={"boutique": 50, "stockroom": 5}, **more).config)
        await outside.start()
        base = f"http://{outside.config.host}:{outside.config.door_port}"
        try:
            async with httpx.AsyncClient(base_url=base) as door:
                return await scene(outside, door)
        finally:
            await outside.stop()

    return asyncio.run(play())


def test_the_door_shows_the_stores_and_the_truth():
    async def scene(outside, door):
        stores = (await door.get("/stores")).json()
        assert [(s["store"], len(s["readers"])) for s in stores] == [("boutique", 3), ("stockroom", 0)]
        assert sum(stores[0]["pieces"].values()) == 50
        truth = (await door.get("/truth", params={"store": "boutique"})).json()
        assert truth["zones"] == outside.world.where("boutique")

    run(scene)


def test_pieces_are_moved_and_walk_out_through_the_gate():
    async def scene(outside, door):
        first, second = outside.world.where("boutique")["case-1"][:2]
        moved = await door.post("/stores/boutique/move", json={"pieces": [first], "to": "pad-1"})
        assert moved.json()["happened"]["to"] == "boutique/pad-1"
        await door.post("/stores/boutique/move", json={"pieces": [second], "to": "road"})
        await door.post("/stores/stockroom/move", json={"pieces": [second], "to": "shelf-1"})
        await door.post("/stores/boutique/walk_out", json={"pieces": [first], "seconds": 0.2})
        assert outside.world.where("boutique")["gate"] == [first]
        await asyncio.sleep(0.5)
        truth = (await door.get("/truth", params={"store": "boutique"})).json()
        assert truth["away"] == {first: "client"}
        assert [(one["act"], one["to"]) for one in truth["log"]][-1] == ("walk_out", "client")
        assert second in outside.world.where("stockroom")["shelf-1"]

    run(scene)


def test_an_associate_sells_and_the_truth_records_the_sale():
    async def scene(outside, door):
        piece = outside.world.where("boutique")["case-1"][0]
        asked = {"act": "sell", "pieces": [piece], "by": "ada"}
        assert (await door.post("/stores/boutique/act", json=asked)).json() == {"pieces": 1}
        truth = (await door.get("/truth", params={"store": "boutique"})).json()
        assert (truth["zones"]["pad-1"], truth["sold"]) == ([piece], [])
        outside.world.advance(truth["log"][0]["at_us"] + 60_000_000)
        truth = (await door.get("/truth", params={"store": "boutique"})).json()
        assert (truth["away"], truth["sold"]) == ({piece: "client"}, [piece])

    run(scene)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/stores/boutique/move", {"pieces": ["nobody"], "to": "pad-1"}, 404),
        ("/stores/boutique/move", {"pieces": [], "to": "pad-1"}, 422),
        ("/stores/nowhere/move", {"pieces": ["x"], "to": "pad-1"}, 404),
        ("/stores/boutique/move", {"pieces": ["x"], "to": "attic"}, 404),
        ("/stores/boutique/cover", {"zone": "attic"}, 404),
        ("/stores/stockroom/walk_out", {"pieces": ["x"]}, 404),
        ("/readers/nobody/fault", {"fault": "none"}, 404),
        ("/readers/boutique/pad-reader/fault", {"fault": "tired"}, 422),
        ("/readers/pad-reader/input", {"port": 9, "high": True}, 404),
        ("/readers/nobody/input", {"port": 1, "high": True}, 404),
        ("/psp/capture", {"key": "nobody"}, 404),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(path, body, status):
    async def scene(outside, door):
        answer = await door.post(path, json=body)
        assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)

    run(scene)


def test_a_fault_is_switched_by_the_readers_name():
    async def scene(outside, door):
        for name in ("pad-reader", "boutique/pad-reader"):
            done = await door.post(f"/readers/{name}/fault", json={"fault": "blackhole"})
            assert done.json() == {"reader": "boutique/pad-reader", "fault": "blackhole"}
        stores = (await door.get("/stores")).json()
        assert [r["fault"] for r in stores[0]["readers"]] == ["none", "blackhole", "none"]
        await door.post("/readers/pad-reader/fault", json={"fault": "none"})

    run(scene)


def test_what_is_wired_to_an_input_is_switched_and_an_output_is_seen():
    async def scene(outside, door):
        device = outside.servers["boutique/pad-reader"].device
        done = await door.post("/readers/pad-reader/input", json={"port": 2, "high": True})
        assert done.json() == {
            "reader": "boutique/pad-reader",
            "inputs": {"1": False, "2": True, "3": False, "4": False},
        }
        device.settings.gpos[3] = True
        told = (await door.get("/stores")).json()[0]["readers"][1]
        assert (told["inputs"]["2"], told["outputs"]["3"], told["outputs"]["1"]) == (True, True, False)

    run(scene)


def test_a_safe_is_shut_at_the_door_and_stays_so_over_a_restart(tmp_path):
    state = {"state_file": tmp_path / "state.json"}

    async def shut(outside, door):
        del outside
        assert (await door.get("/stores")).json()[0]["covered"] == []
        done = await door.post("/stores/boutique/cover", json={"zone": "safe-1"})
        assert done.json() == {"zone": "safe-1", "covered": True}

    async def open_again(outside, door):
        assert (await door.get("/stores")).json()[0]["covered"] == ["safe-1"]
        await door.post("/stores/boutique/cover", json={"zone": "safe-1", "covered": False})
        assert outside.world.covered == set()

    run(shut, **state)
    run(open_again, **state)


def test_a_web_order_is_authorised_captured_and_listed():
    async def scene(outside, door):
        asked = {"key": "order-7", "amount_minor": 250_000, "currency": "EUR"}
        for _ in range(2):
            assert (await door.post("/psp/authorise", json=asked)).json()["state"] == "authorised"
        assert (await door.post("/psp/capture", json={"key": "order-7"})).json()["state"] == "captured"
        assert (await door.post("/psp/void", json={"key": "order-7"})).status_code == 409
        assert (await door.get("/psp/order-7")).json()["state"] == "captured"
        assert [p["key"] for p in (await door.get("/psp")).json()] == ["order-7"]

    run(scene)


def test_a_restarted_simulator_knows_where_pieces_are_and_what_was_paid(tmp_path):
    config = plan(("boutique",), 11, pieces={"boutique": 50}, state_file=tmp_path / "state.json").config

    async def once(scene):
        outside = Outside(config)
        await outside.start()
        scene(outside)
        await outside.stop()

    def before(outside):
        piece = outside.world.where("boutique")["case-1"][0]
        outside.world.move(1, "move", "boutique", pieces=[piece], to="client")
        outside.provider.authorise("k", 100, "EUR")

    def after(outside):
        assert (outside.world.place != outside.world.home).sum() == 1
        assert outside.provider.status("k").amount_minor == 100
        assert len(outside.world.truth) == 1

    asyncio.run(once(before))
    asyncio.run(once(after))


def test_the_door_has_a_page_for_a_person_that_fetches_nothing_from_elsewhere():
    async def scene(outside, door):
        page = await door.get("/")
        assert page.headers["content-type"].startswith("text/html")
        assert set(re.findall(r"https?://|//[\w.-]+\.\w+/", page.text)) == set()
        assert set(re.findall(r"const FAULTS = \[(.*?)\]", page.text)[0].split(", ")) == {f'"{one}"' for one in Fault}
        assert set(re.findall(r"const AWAY = \[(.*?)\]", page.text)[0].split(", ")) == {f'"{one}"' for one in Away}
        assert "/stores/{store}/move" in (await door.get("/api/openapi.json")).json()["paths"]

    run(scene)


def test_a_whole_tray_is_lifted_and_laid_back():
    async def scene(outside, door):
        async def trays():
            return (await door.get("/truth", params={"store": "boutique", "log": 0})).json()["trays"]

        name, tray = next(iter((await trays()).items()))
        assert set(tray["pieces"]) <= set(outside.world.where("boutique")[tray["zone"]])
        assert sum(len(each["pieces"]) for each in (await trays()).values()) == 50
        await door.post("/stores/boutique/move", json={"pieces": tray["pieces"], "to": "hand"})
        assert not set(tray["pieces"]) & set(outside.world.where("boutique")[tray["zone"]])
        assert (await trays())[name] == tray, "a tray in a hand is still this store's"
        await door.post("/stores/boutique/move", json={"pieces": tray["pieces"], "to": "thief"})
        assert name not in await trays()

    run(scene)
