"""The nouns of the office, a folder each: what facts do to it, what is asked of it, how it is shown."""
