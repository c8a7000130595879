"""What edge and cloud promise each other: ids, EPC, money, entries, facts, commands, topics.

Pure: standard library, numpy and msgspec only. No clock, no chance, no input or output.
"""
