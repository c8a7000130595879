"""A sale shared at the till over HTTP: who sells it together, refused in a sentence, kept in its fact."""


def test_a_sale_is_shared_and_shared_otherwise_and_not_with_a_stranger(face):
    face.scan(1)
    path = f"/sales/{face.open_cart(1)}/shares"
    given = [{"associate": "ana", "share_bp": 6_000}, {"associate": "max", "share_bp": 4_000}]
    shown = face.post(path, {"shares": given})
    assert shown.status_code == 200, shown.text
    assert shown.json()["shares"] == given
    strange = face.post(path, {"shares": [{"associate": "eve", "share_bp": 10_000}]})
    assert strange.status_code in (404, 409), strange.text
    assert "does not work here" in strange.text
    half = face.post(path, {"shares": [{"associate": "ana", "share_bp": 5_000}]})
    assert "100 %" in half.text
    assert face.post(path, {"shares": []}).json()["shares"] == []
