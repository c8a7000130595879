"""Counting from a list (inference §2).

`count` is one count: what is read, how sure that this is all, when to stop. `blocking` says how likely a piece that is
there stays unread, `expected` what presence knows of each, `lessons` what earlier counts were like and `learning` what
they teach.
"""
