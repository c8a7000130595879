"""Tag commissioning: one tag on the pad is written, verified, locked and bound to a piece, or refused in words."""
