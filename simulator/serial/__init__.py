"""Serial UHF modules behind a pseudo-terminal, each with a codec of its own: nothing is shared with our drivers."""
