"""The plan of the store: where its zones are drawn, and the way of a piece across it."""
