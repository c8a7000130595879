"""What stores bought from the public: held for the police, sold again or melted; and what metals are worth."""
