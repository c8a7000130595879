"""Clients' orders at their home store: repair, engraving, custom, layaway, special order, memo. Pure.

`tables` says which step may follow which, a table for each kind; `order` is an order as the fold of its facts; `words`
say what may be done, `terms` and `deposits` what money it asks. What the till decides about them is in
`trade.ordering`.
"""
