"""Tags over HTTP and on a page: one written on the pad, batches printed."""
