"""The rules of clients' orders at the till: an act and its scene in, facts or a refusal out. Pure.

`deciding` opens, quotes and moves; `keeping` holds pieces for clients and lends them; `collecting` is pick-up in a
cart; `ending` is cancelled and forfeited; `approving` says what somebody else has to answer for.
"""
