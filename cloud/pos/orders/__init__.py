"""Web orders: authorise, lease, capture, convert or close."""
