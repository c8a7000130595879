"""What readers that stream JSON over an MQTT broker share: address, events out of messages, columns, and the transport.

A family beside this package gives a `Decode` (`reads.py`): the bytes of one message → what was told in it.
"""
