"""Texts that people read, and their translations."""

import typer


def words() -> None:
    """Gather every text of the source into the catalogues of translations; run it after changing a text, in a clone.

    Says how many texts of each language are translated. Translations stay with their text.
    """
    from vitrine import words as gathering

    for each in gathering.update():
        typer.echo(each)
