"""Several pieces left together, in no way that says more."""

from edge.reconcile.detectors.gone import Gone


def tell(gone: Gone) -> str | None:
    """`3 pieces one after the other within 14 s.`"""
    if gone.pieces < 2:
        return None
    return f"{gone.pieces} pieces one after the other within {max(gone.spread_s, 1):.0f} s."
