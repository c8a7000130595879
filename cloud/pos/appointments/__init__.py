"""Appointments at the office: who, when, in which room, with which tray; what clients and stores are told of them."""
