"""The arithmetic of clienteling, pure: columns and numbers in, numbers and reasons out.

No database, no clock, no chance but what is handed in: whoever keeps clients unseals what is needed, asks here, and
shows a person the answer with its reasons. Nothing in here merges, mails or decides by itself.
"""
