"""`opassay bisect`: two recordings of one model, layer by layer, until they part."""
