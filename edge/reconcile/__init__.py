"""Arithmetic on arrays: rows of pieces and zones in, statements with their confidence out. No clock, no I/O.

`presence`, `zones`, `counts`, `detectors` and `books` are packages; `pad` and `gate` stand alone. `absence` (the one
formula of a silence), `blob` (arrays kept over a restart) and `epc_table` (EPCs to rows) serve them all.
"""
