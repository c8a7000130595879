"""Appointments at the register: today's, the tray with its pieces, and what is not back yet."""
