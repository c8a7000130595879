"""What is wrong with the books: `notes` gathers about each piece, `errors` reasons (docs/glossary.md)."""
