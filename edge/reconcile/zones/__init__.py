"""Where each piece is, and how sure that is (inference §3).

`strongest` is for a store that was never walked: the best antenna wins, and the probability it states is a guess.
With a calibration: `points` holds what a reference tray was heard like at known places, `choose` picks among `models`
by leaving whole positions out, and `finder` keeps a posterior per piece that changes only when something has moved.
"""
