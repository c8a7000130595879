"""Who is there, who is gone, and which zones cannot say (inference §1).

`step` weighs one round. `sight`: whether a zone can be judged; `story`: how a piece's silence comes about; `groups` and
`company`: what fell silent together; `judge`: who is accused; `threshold`: how much evidence the store's own harmless
gaps ask for; `evidence`: what is remembered.
"""
