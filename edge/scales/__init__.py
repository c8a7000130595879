"""The counter's scale on a serial port: asked once, answers with a stable weight or in words why not."""
