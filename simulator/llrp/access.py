"""AccessSpecs are kept and answered for, never executed: these readers only take inventory."""

from simulator.llrp.codec import P, RefusedError, Status, params, unpack


class AccessSpecs:
    """By id, as they came."""

    def __init__(self, at_most: int) -> None:
        self._max = at_most
        self.specs: dict[int, bytes] = {}

    def add(self, body: bytes) -> bytes:
        inner = list(params(body))
        if len(inner) != 1 or inner[0].kind != P.ACCESS_SPEC:
            raise RefusedError(Status.M_MISSING_PARAMETER, "ADD_ACCESSSPEC carries exactly one AccessSpec")
        (id_,) = unpack(">I", inner[0].body, P.ACCESS_SPEC)
        if id_ == 0 or id_ in self.specs:
            why = f"AccessSpec {id_} exists already, or is 0"
            raise RefusedError(Status.P_FIELD_ERROR, why, parameter=P.ACCESS_SPEC, field=0)
        if len(self.specs) >= self._max:
            raise RefusedError(Status.M_OVERFLOW_PARAMETER, f"this reader keeps {self._max} AccessSpecs; delete one")
        self.specs[id_] = inner[0].raw
        return b""

    def delete(self, body: bytes) -> bytes:
        for id_ in self._named(body):
            del self.specs[id_]
        return b""

    def switch(self, body: bytes) -> bytes:
        """ENABLE and DISABLE."""
        self._named(body)
        return b""

    def tell(self) -> bytes:
        return b"".join(self.specs.values())

    def _named(self, body: bytes) -> list[int]:
        """The AccessSpecs a message means; 0 means all."""
        (id_,) = unpack(">I", body, 0)
        if id_ == 0:
            return list(self.specs)
        if id_ not in self.specs:
            raise RefusedError(Status.M_FIELD_ERROR, f"there is no AccessSpec {id_}", field=0)
        return [id_]
