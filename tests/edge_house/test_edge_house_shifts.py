"""The drawer over the store's API: who moves cash, who sees the X, and what stands in the Z."""


def test_cash_is_moved_the_x_is_a_managers_and_the_z_stands(face):
    coins = [{"value_minor": 5_000, "number": 4}]
    opened = face.post("/shifts", {"till": "till-1", "float_minor": 20_000, "float_coins": coins}).json()
    drop = {"till": "till-1", "kind": "drop", "amount_minor": 5_000, "reason": "to the safe", "move": "m1"}
    assert face.post("/shifts/cash", drop).status_code == 201
    assert face.post("/shifts/cash", drop).status_code == 201, "a repeat is the same movement"
    assert face.post("/shifts/cash", {**drop, "move": "m2", "reason": ""}).status_code == 422
    x = face.get("/tills/till-1/x", user="max").json()
    assert (x["z_number"], x["moved_minor"], x["cash_expected_minor"]) == (None, -5_000, 15_000)
    assert face.get("/tills/till-1/x").status_code == 403
    assert face.get(f"/shifts/{opened['shift']}/z").status_code == 404
    short = {"till": "till-1", "cash_counted_minor": 10_000}
    refused = face.post("/shifts/close", short)
    assert refused.status_code == 409
    assert "say why in the note" in refused.text
    assert face.post("/shifts/close", {**short, "note": "a fifty is missing"}).status_code == 200
    z = face.get(f"/shifts/{opened['shift']}/z").json()
    assert (z["z_number"], z["note"], z["cash_counted_minor"]) == (1, "a fifty is missing", 10_000)
    assert [(each["kind"], each["reason"]) for each in z["movements"]] == [("drop", "to the safe")]
    assert face.get("/tills/till-1/x", user="max").status_code == 409
