"""Reports: what was sold and what it earned, what lies too long, how well counts went. They only read."""
