"""The rules of the trade, pure: frozen structs, transition tables, decide and apply. Run by edge and by cloud."""
