"""A reader that speaks LLRP 1.0.1 over TCP, with its own codec: nothing here is shared with the house's driver."""
