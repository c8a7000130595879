"""Readers that publish JSON over MQTT: Zebra's IoT connector, fixed and handheld, and Impinj's R700 stream."""
