"""Counting from a list (inference §2).

`count` is one count: what is read, how sure that this is all, when to stop. `blocking` says how likely a piece that is
there stays unread, `expected` what presence knows of each, `strays` which unknown tags lie there, `tally` what it all
comes to. `lessons` are what earlier counts were like and `learning` what they teach: `chances` of what rounds showed,
`supposing` where to guess.
"""
